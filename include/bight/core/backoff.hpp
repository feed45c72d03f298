// backoff: exponentially growing delays with jitter.
#pragma once
#include <bight/core/clock.hpp>
#include <chrono>
#include <functional>

namespace bight {

/// Delays between attempts: they grow exponentially up to a limit, with jitter, so that clients that failed
/// together do not retry together. `retry` uses it; use it directly for retries that are scheduled elsewhere.
///
///     bight::backoff delays{500ms, 1min};
///     delays.jitter(0.5);
///     co_await bight::sleep(delays.delay(1));          // after the first attempt
///
/// Copyable. Errors: std::invalid_argument, with the value, for settings that make no sense.
class backoff {
 public:
  /// After attempt k, the upper limit of the delay is `initial * factor^(k - 1)`, at most `max_delay`.
  explicit backoff(clock::duration initial = std::chrono::milliseconds{100},
                   clock::duration max_delay = std::chrono::seconds{10}, double factor = 2);
  /// Replaces the delays; jitter and random source stay.
  backoff& set(clock::duration initial, clock::duration max_delay, double factor = 2);
  /// The share of the delay that is random, from 0 to 1. 1 is "full jitter", a random delay from zero to the
  /// upper limit; 0.5 is "equal jitter", from half the upper limit on; 0 is no jitter.
  backoff& jitter(double share);
  /// The source of random numbers in [0, 1), for reproducible runs. Default: one generator per thread.
  backoff& random(std::function<double()> source);

  /// The delay after attempt `attempt`, counted from 1.
  clock::duration delay(unsigned attempt) const;

 private:
  clock::duration initial_{};
  clock::duration max_delay_{};
  double factor_ = 2;
  double jitter_ = 1;
  std::function<double()> random_;
};

namespace detail {
/// A random number in [0, 1), from a generator per thread.
double random_share();
}  // namespace detail

}  // namespace bight
