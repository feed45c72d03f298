// settle, advance, manual_clock: a test that moves virtual time itself.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/loop_guest.hpp>
#include <chrono>
#include <stdexcept>
#include <type_traits>

namespace bight::testing {

namespace detail {

/// The running loop. Throws std::logic_error that names `what` if its time is real, errc::wrong_loop if there
/// is none.
bight::detail::loop_core& virtual_loop(const char* what);
/// Throws std::invalid_argument for what the clock cannot be moved by.
clock::time_point advance_target(clock::duration d);
[[noreturn]] void throw_not_a_duration();

/// Waits until the clock is at `at`, and everything that is due by then has been done.
class stop_awaiter final : public basic_awaiter<stop_awaiter>, private bight::detail::timer_node {
 public:
  stop_awaiter(const char* name, clock::time_point at) noexcept : name_(name), at_(at) {}
  stop_awaiter(stop_awaiter&&) = default;
  ~stop_awaiter() {
    if (timer_node::armed()) loop().stops.remove(*this);
  }
  const char* waiting_for() const noexcept override { return name_; }

 private:
  friend class basic_awaiter<stop_awaiter>;
  bool ready() override { return false; }
  void park() override { loop().stops.add(*this, at_); }
  bool unpark() noexcept override {
    loop().stops.remove(*this);
    return true;
  }
  void expired() noexcept override { wake(); }
  void result() noexcept {}

  const char* name_;
  clock::time_point at_;
};

}  // namespace detail

/// Returns when every other task of the loop waits and nothing is ready any more. The clock does not move:
/// what waits for a later deadline goes on waiting.
///
///     auto fetching = bight::spawn(fetch, url);
///     co_await bight::testing::settle();
///     EXPECT_EQ(server.requests(), 1U);            // it has asked, and waits for the answer
///
/// Threads and real descriptors in flight are not waited for: what has come from them is taken, what has not
/// is as far away as a deadline. Await the task that uses them, and settle then. Several tasks may settle at
/// a time: they return one after the other, each when the rest waits.
/// Cancellation: at once. Errors: std::logic_error where time is real.
[[nodiscard]] inline detail::stop_awaiter settle() {
  detail::virtual_loop("testing::settle");
  return detail::stop_awaiter{"testing::settle", clock::now()};
}

/// Moves the clock by exactly `d`, from deadline to deadline: each fires at its time, in order, and
/// everything that it makes ready is done before the clock goes on. Returns with what is due at the end of
/// `d` done, too. Zero: as `settle`.
///
///     co_await bight::testing::advance(30s);
///     EXPECT_EQ(pool.idle(), 0U);                  // closed after 30 s
///
/// Threads and real descriptors in flight do not hold it up; see settle. When several tasks advance, the
/// clock stops for each in its turn. Cancellation: at once; the clock stays where it is. Errors:
/// std::invalid_argument for NaN, negative durations, and `forever` or what the clock cannot show;
/// std::logic_error where time is real.
template <class Rep, class Period>
[[nodiscard]] detail::stop_awaiter advance(std::chrono::duration<Rep, Period> d) {
  if constexpr (std::is_floating_point_v<Rep>) {
    if (d != d) detail::throw_not_a_duration();
  }
  return detail::stop_awaiter{"testing::advance", detail::advance_target(bight::detail::to_duration(d))};
}

/// Holds the virtual clock of the running loop while it lives: it moves by `advance` alone, and does not jump
/// when everything waits. For tests that look at the state between two deadlines.
///
///     bight::testing::manual_clock hold;
///     auto retrying = bight::spawn(fetch_with_retries);
///     co_await bight::testing::advance(999ms);
///     EXPECT_EQ(attempts, 1);                      // nothing has jumped ahead
///     co_await bight::testing::advance(1ms);
///     EXPECT_EQ(attempts, 2);
///
/// When everything waits, no thread or descriptor is in flight, and nobody advances, the test fails with
/// deadlock_error, which says who waits. While threads or descriptors are in flight the clock stands still.
/// The end of the loop ignores it, so that clean-up which sleeps comes to its end. Several may live at a
/// time. Errors: std::logic_error where time is real.
class manual_clock final : private bight::detail::loop_guest {
 public:
  manual_clock();
  manual_clock(const manual_clock&) = delete;
  manual_clock& operator=(const manual_clock&) = delete;
  ~manual_clock();

 private:
  void loop_closing() noexcept override {}
};

}  // namespace bight::testing
