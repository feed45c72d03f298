// Properties: an expression is refused with std::invalid_argument, or each of its times is a whole minute,
// after the one before it, and the next one of any moment in between. The first byte of the input chooses the
// zone.
#include <bight/service/cron_schedule.hpp>

#include <time.h>

#include <bight/core/clock.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace std::chrono_literals;
  if (size == 0) return 0;
  ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  ::tzset();
  const auto zone = data[0] % 2 == 0 ? bight::time_zone::local : bight::time_zone::utc;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    const bight::cron_schedule times{text, zone};
    bight::wall_clock::time_point t{1'711'800'000s};  // the day before clocks are set forward
    for (int i = 0; i != 5; ++i) {
      const auto next = times.next(t);
      if (next <= t || next.time_since_epoch() % 1min != 0s) std::abort();
      if (times.next(next - 1s) != next || times.next(t + (next - t) / 2) != next) std::abort();
      t = next;
    }
  } catch (const std::invalid_argument&) {  // refused
  }
  return 0;
}
