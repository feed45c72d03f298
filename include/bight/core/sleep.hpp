// sleep, sleep_until, yield.
#pragma once
#include <algorithm>
#include <bight/core/awaiter.hpp>
#include <bight/core/clock.hpp>

namespace bight {

namespace detail {

class sleep_awaiter final : public basic_awaiter<sleep_awaiter>, private timer_node {
 public:
  /// One turn of the loop.
  explicit sleep_awaiter() noexcept : when_(one_turn) {}
  explicit sleep_awaiter(clock::time_point deadline) noexcept
      : when_(std::max(deadline.time_since_epoch(), clock::duration::zero())) {}
  /// `d` from when it is awaited. Precondition: positive.
  explicit sleep_awaiter(clock::duration d) noexcept : when_(-d) {}
  sleep_awaiter(sleep_awaiter&&) = default;
  ~sleep_awaiter() {
    if (timer_node::armed()) loop().timers.remove(*this);
    report_unless_awaited();
  }
  const char* waiting_for() const noexcept override { return "sleep"; }

 private:
  friend class basic_awaiter<sleep_awaiter>;
  bool ready() override { return false; }
  void park() override {
    if (when_ == one_turn)
      wake();
    else
      loop().timers.add(*this, deadline());
  }
  bool unpark() noexcept override {
    loop().timers.remove(*this);
    return true;
  }
  void expired() noexcept override { wake(); }
  void result() noexcept {}

  clock::time_point deadline() const noexcept {
    return when_ < clock::duration::zero() ? deadline_after(clock::now(), -when_) : clock::time_point{when_};
  }

  // A time point, or, if negative, a duration from when it is awaited: saves memory with a million sleepers.
  static constexpr clock::duration one_turn = clock::duration::min();
  clock::duration when_;
};

}  // namespace detail

/// Lets other ready tasks run, then continues (asyncio.sleep(0)).
[[nodiscard]] inline detail::sleep_awaiter yield() noexcept { return detail::sleep_awaiter{}; }

/// Waits until `deadline`. If it has passed: like `yield`.
[[nodiscard]] inline detail::sleep_awaiter sleep_until(clock::time_point deadline) noexcept {
  return detail::sleep_awaiter{deadline};
}

/// Waits for `d`, counted from when this is awaited (asyncio.sleep). Zero or less: like `yield`. `forever`
/// ends only by cancellation. Cancellation: immediate. Errors: std::invalid_argument for NaN.
template <class Rep, class Period>
[[nodiscard]] detail::sleep_awaiter sleep(std::chrono::duration<Rep, Period> d) {
  if (d <= d.zero()) return detail::sleep_awaiter{};
  return detail::sleep_awaiter{detail::to_duration(d)};
}

}  // namespace bight
