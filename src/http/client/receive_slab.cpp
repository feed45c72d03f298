#include "http/client/receive_slab.hpp"

#include <sys/mman.h>

#include <array>
#include <bight/core/detail/frame_cache.hpp>
#include <new>

namespace bight::http::detail {

namespace {

// The usual size alone is kept.
constexpr std::size_t usual_size = 64 * 1024;

class kept_slabs {
 public:
  kept_slabs() = default;
  kept_slabs(const kept_slabs&) = delete;
  kept_slabs& operator=(const kept_slabs&) = delete;
  ~kept_slabs() {
    while (count_ != 0) ::munmap(memory_[--count_], usual_size);
  }
  char* take() noexcept { return count_ == 0 ? nullptr : memory_[--count_]; }
  bool give(char* p) noexcept {
    if (count_ == memory_.size()) return false;
    memory_[count_++] = p;
    return true;
  }

 private:
  std::array<char*, 64> memory_{};
  std::size_t count_ = 0;
};

thread_local kept_slabs kept;

}  // namespace

receive_slab::receive_slab(std::size_t size) : size_(size) {
#if defined(BIGHT_DETAIL_ASAN)
  memory_ = new char[size];
  return;
#endif
  if (size == usual_size) memory_ = kept.take();
  if (memory_) return;
  void* const pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc{};
  memory_ = static_cast<char*>(pages);
}

receive_slab::~receive_slab() {
#if defined(BIGHT_DETAIL_ASAN)  // or use after free, and beyond the end, would go unseen
  delete[] memory_;
  return;
#endif
  if (memory_ && !(size_ == usual_size && kept.give(memory_))) ::munmap(memory_, size_);
}

}  // namespace bight::http::detail
