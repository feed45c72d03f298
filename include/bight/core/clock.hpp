// The clock of the library: real time, or virtual time inside a test.
#pragma once
#include <chrono>
#include <limits>
#include <stdexcept>
#include <type_traits>

namespace bight {

/// The clock that every timer and deadline of bight reads.
///
/// Real mode: std::chrono::steady_clock. Inside a loop with virtual time (bight::testing): that loop's clock,
/// which stands still while tasks run and jumps to the next deadline when all of them wait.
struct clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<clock>;
  static constexpr bool is_steady = true;

  /// Returns the time of the loop that runs on this thread; steady_clock's when there is none.
  static time_point now() noexcept;
};

/// The clock of the library for dates: of cookies, caches, tokens and HTTP's `Date`. Its moments are those of
/// std::chrono::system_clock.
///
/// Real mode: system_clock. Inside a loop with virtual time: the moment at which the loop was made, plus the
/// virtual time that has passed since; a test that sleeps for a year is a year later.
struct wall_clock {
  using duration = std::chrono::system_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::system_clock::time_point;
  static constexpr bool is_steady = false;

  /// Returns the time of the loop that runs on this thread; system_clock's when there is none.
  static time_point now() noexcept;
};

/// A deadline that never comes. `sleep(forever)` ends only by cancellation, `timeout(forever, ...)` never
/// expires.
inline constexpr clock::duration forever = clock::duration::max();

namespace detail {

/// Converts any duration to the clock's, saturating. Throws std::invalid_argument for NaN.
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
// The units that everybody writes, without the long double.
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
