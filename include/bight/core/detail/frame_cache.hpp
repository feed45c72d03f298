// Memory for coroutine frames and task objects: per-thread free lists, one per 16 bytes of size.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define BIGHT_DETAIL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BIGHT_DETAIL_ASAN 1
#endif
#endif

namespace bight::detail {

/// The free lists of a thread. Trivial, so that access needs no thread-exit hook; emptied by
/// `trim_frame_cache`.
struct frame_cache {
  struct block {
    block* next;
  };
  struct size_class {
    block* head = nullptr;
    std::uint32_t count = 0;
  };
  static constexpr std::size_t granularity = 16;
  static constexpr std::size_t classes = 128;            ///< Blocks of up to 2,048 bytes are kept.
  static constexpr std::uint32_t max_bytes = 4U << 20U;  ///< Kept at most, per size class.
  size_class free[classes + 1];
};

inline constinit thread_local frame_cache thread_frames{};

/// Frees all cached blocks of this thread. Called at the end of a loop.
void trim_frame_cache() noexcept;

// Under asan every frame is its own heap block, or use after free would go unseen. Both forms round sizes the
// same way, so that translation units with and without asan may be mixed.
inline void* allocate_frame(std::size_t size) {
  const std::size_t index = (size + frame_cache::granularity - 1) / frame_cache::granularity;
#if !defined(BIGHT_DETAIL_ASAN)
  if (index <= frame_cache::classes) {
    auto& list = thread_frames.free[index];
    if (auto* const head = list.head) {
      list.head = head->next;
      --list.count;
      return head;
    }
  }
#endif
  if (void* const p = std::malloc(index * frame_cache::granularity)) return p;
  throw std::bad_alloc{};
}

inline void free_frame(void* p, std::size_t size) noexcept {
#if !defined(BIGHT_DETAIL_ASAN)
  const std::size_t index = (size + frame_cache::granularity - 1) / frame_cache::granularity;
  if (index <= frame_cache::classes) {
    auto& list = thread_frames.free[index];
    if (list.count * index * frame_cache::granularity < frame_cache::max_bytes) {
      list.head = ::new (p) frame_cache::block{list.head};
      ++list.count;
      return;
    }
  }
#else
  (void)size;
#endif
  std::free(p);
}

/// Base class of objects allocated from the cache.
struct cached_frame {
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* p, std::size_t size) noexcept { free_frame(p, size); }
};

}  // namespace bight::detail
