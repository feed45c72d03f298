// clock, wall_clock: real time, or virtual time in tests.
#pragma once
#include <chrono>
#include <limits>
#include <stdexcept>
#include <type_traits>

namespace bight {

/// The clock of all timers and deadlines.
///
/// Real time: std::chrono::steady_clock. In a loop with virtual time (bight::testing): the clock of that
/// loop, which stands still while tasks run and jumps to the next deadline when all of them wait.
struct clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<clock>;
  static constexpr bool is_steady = true;

  /// The time of the loop that runs on this thread; without one, that of steady_clock.
  static time_point now() noexcept;
};

/// The clock of all dates: of cookies, caches, tokens and HTTP's `Date`. Its time points are those of
/// std::chrono::system_clock.
///
/// Real time: system_clock. In a loop with virtual time: the time at which the loop was created plus the
/// virtual time that has passed since.
struct wall_clock {
  using duration = std::chrono::system_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::system_clock::time_point;
  static constexpr bool is_steady = false;

  /// The time of the loop that runs on this thread; without one, that of system_clock.
  static time_point now() noexcept;
};

/// An infinite duration: `sleep(forever)` ends only by cancellation, `timeout(forever, ...)` never expires.
inline constexpr clock::duration forever = clock::duration::max();

namespace detail {

/// Converts any duration to that of the clock, saturating. Errors: std::invalid_argument for NaN.
template <class Rep, class Period>
constexpr clock::duration to_duration(std::chrono::duration<Rep, Period> d) {
  if constexpr (std::is_floating_point_v<Rep>) {
    if (d.count() != d.count()) throw std::invalid_argument("bight: a duration is NaN");
  }
  using wide = std::chrono::duration<long double, clock::period>;
  const wide w{d};
  if (w >= wide{clock::duration::max()}) return clock::duration::max();
  if (w <= wide{clock::duration::min()}) return clock::duration::min();
  return std::chrono::duration_cast<clock::duration>(d);
}
constexpr clock::duration to_duration(clock::duration d) noexcept { return d; }
// The common units, without long double.
constexpr clock::duration to_duration(std::chrono::milliseconds d) noexcept {
  constexpr auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(clock::duration::max());
  if (d >= limit) return clock::duration::max();
  if (d <= -limit) return clock::duration::min();
  return d;
}
constexpr clock::duration to_duration(std::chrono::seconds d) noexcept {
  constexpr auto limit = std::chrono::duration_cast<std::chrono::seconds>(clock::duration::max());
  if (d >= limit) return clock::duration::max();
  if (d <= -limit) return clock::duration::min();
  return d;
}

/// `now + d` without overflow.
constexpr clock::time_point deadline_after(clock::time_point now, clock::duration d) noexcept {
  if (d >= clock::time_point::max() - now) return clock::time_point::max();
  return now + d;
}

}  // namespace detail
}  // namespace bight
