#include <bight/testing/virtual_clock.hpp>

#include <bight/core/detail/task_core.hpp>
#include <string>

namespace bight::testing {
namespace detail {

bight::detail::loop_core& virtual_loop(const char* what) {
  auto& loop = bight::detail::require_loop();
  if (!loop.virtual_now)
    throw std::logic_error(std::string{"bight: "} + what +
                           ": requires virtual time; use ASYNC_TEST or run_virtual");
  return loop;
}

clock::time_point advance_target(clock::duration d) {
  virtual_loop("testing::advance");
  const auto seconds = [&] { return std::to_string(std::chrono::duration<double>(d).count()) + " s"; };
  if (d < d.zero())
    throw std::invalid_argument("bight: testing::advance: the duration is negative: " + seconds());
  const auto target = bight::detail::deadline_after(clock::now(), d);
  if (target == clock::time_point::max())
    throw std::invalid_argument("bight: testing::advance: the duration is too long for the clock: " +
                                seconds());
  return target;
}

void throw_not_a_duration() { throw std::invalid_argument("bight: testing::advance: the duration is NaN"); }

}  // namespace detail

manual_clock::manual_clock() : loop_guest(detail::virtual_loop("testing::manual_clock")) {
  ++home()->clock_holds;
}

manual_clock::~manual_clock() {
  if (home()) --home()->clock_holds;
}

}  // namespace bight::testing
