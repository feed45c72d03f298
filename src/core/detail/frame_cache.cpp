#include <bight/core/detail/frame_cache.hpp>

namespace bight::detail {

void trim_frame_cache() noexcept {
  for (auto& list : thread_frames.free) {
    while (auto* const b = list.head) {
      list.head = b->next;
      std::free(b);
    }
    list.count = 0;
  }
}

}  // namespace bight::detail
