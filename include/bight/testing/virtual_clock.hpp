// settle, advance, manual_clock: control of virtual time.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/loop_guest.hpp>
#include <chrono>
#include <stdexcept>
#include <type_traits>

namespace bight::testing {

namespace detail {

/// The running loop. Errors: std::logic_error, which names `what`, in real time; errc::wrong_loop if there is
/// none.
bight::detail::loop_core& virtual_loop(const char* what);
/// Errors: std::invalid_argument for durations that the clock cannot be advanced by.
clock::time_point advance_target(clock::duration d);
[[noreturn]] void throw_not_a_duration();

/// Waits until the clock has reached `at` and everything due by then has run.
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

/// Returns when all other tasks of the loop are waiting and none is ready. The clock does not advance.
///
///     auto fetching = bight::spawn(fetch, url);
///     co_await bight::testing::settle();
///     EXPECT_EQ(server.requests(), 1U);            // it has asked, and waits for the answer
///
/// Does not wait for threads and real descriptors in use; await the task that uses them first. Several tasks
/// may settle concurrently: they return one after the other, each when all others wait. Cancellation:
/// immediate. Errors: std::logic_error in real time.
[[nodiscard]] inline detail::stop_awaiter settle() {
  detail::virtual_loop("testing::settle");
  return detail::stop_awaiter{"testing::settle", clock::now()};
}

/// Advances the clock by exactly `d`, from deadline to deadline: each fires at its time, in order, and
/// everything that it makes ready runs before the clock advances further. Returns when everything due at the
/// end has run. Zero: like `settle`.
///
///     co_await bight::testing::advance(30s);
///     EXPECT_EQ(pool.idle(), 0U);                  // closed after 30 s
///
/// Not delayed by threads and real descriptors in use; see settle. If several tasks advance concurrently, the
/// clock stops for each in turn. Cancellation: immediate; the clock stays where it is. Errors:
/// std::invalid_argument for NaN, negative durations, `forever` and durations out of range; std::logic_error
/// in real time.
template <class Rep, class Period>
[[nodiscard]] detail::stop_awaiter advance(std::chrono::duration<Rep, Period> d) {
  if constexpr (std::is_floating_point_v<Rep>) {
    if (d != d) detail::throw_not_a_duration();
  }
  return detail::stop_awaiter{"testing::advance", detail::advance_target(bight::detail::to_duration(d))};
}

/// Stops the virtual clock of the running loop while it exists: only `advance` moves it, and it does not jump
/// when all tasks wait. For tests that check the state between two deadlines.
///
///     bight::testing::manual_clock hold;
///     auto retrying = bight::spawn(fetch_with_retries);
///     co_await bight::testing::advance(999ms);
///     EXPECT_EQ(attempts, 1);                      // nothing has jumped ahead
///     co_await bight::testing::advance(1ms);
///     EXPECT_EQ(attempts, 2);
///
/// If all tasks wait, no thread or descriptor is in use, and no task advances the clock, the test fails with
/// deadlock_error, which lists the waiting tasks. While threads or descriptors are in use, the clock stands
/// still. Ignored during the shutdown of the loop, so that cleanup that sleeps completes. Several may exist
/// at a time. Errors: std::logic_error in real time.
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
