#include <bight/core/clock.hpp>
#include <bight/core/detail/loop_core.hpp>

namespace bight {

clock::time_point clock::now() noexcept {
  if (const auto* loop = detail::this_loop; loop && loop->virtual_now) return *loop->virtual_now;
  return time_point{std::chrono::steady_clock::now().time_since_epoch()};
}

wall_clock::time_point wall_clock::now() noexcept {
  const auto* const loop = detail::this_loop;
  if (!loop || !loop->virtual_now) return std::chrono::system_clock::now();
  return loop->virtual_beginning +
         std::chrono::duration_cast<duration>(loop->virtual_now->time_since_epoch());
}

}  // namespace bight
