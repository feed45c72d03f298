#include <bight/core/clock.hpp>
#include <bight/core/detail/loop_core.hpp>

namespace bight {

clock::time_point clock::now() noexcept {
  if (const auto* loop = detail::this_loop; loop && loop->virtual_now) return *loop->virtual_now;
  return time_point{std::chrono::steady_clock::now().time_since_epoch()};
}

}  // namespace bight
