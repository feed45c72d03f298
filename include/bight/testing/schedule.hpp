// for_each_schedule, cancel_at_every_await, shut_down_at_every_await: a test under many schedules.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/traits.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace bight::testing {

/// Runs `body()` in virtual time with `count` different orders of ready tasks. Stops at the first failure and
/// reports its seed; the environment variable BIGHT_SEED=N runs only that order. The order of tasks that are
/// ready at the same time is unspecified; the guarantees of primitives must hold in every order.
///
///     ASYNC_TEST_SHUFFLED(transfer, keeps_the_sum) { ... }       // a whole test, under 50 orders
void for_each_schedule(const std::function<awaitable<void>()>& body, std::uint64_t count = 50);

/// Runs `body()` in virtual time repeatedly: cancelled at its first await, at its second, and so on, until a
/// run completes without being cancelled. At each await it is cancelled before the operation takes anything,
/// while it waits, and just after it is woken. After each run `invariant()`, which must hold in any case, is
/// awaited on the same loop.
///
///     const auto awaits = bight::testing::cancel_at_every_await(
///         [&]() -> awaitable<void> { auto held = co_await lock.acquire(); co_await store.save(); },
///         [&]() -> awaitable<void> { EXPECT_FALSE(lock.locked()); co_return; });
///
/// `body` must create everything anew that a run consumes. Other tasks that it spawns are not cancelled; put
/// them into a task_group inside. A run may end with a result or an error. Failures report the number of the
/// await. Returns the number of points tried.
std::size_t cancel_at_every_await(const std::function<awaitable<void>()>& body,
                                  const std::function<awaitable<void>()>& invariant);

/// Same with the end of the loop instead of a cancellation: its tasks are destroyed where they wait. With a
/// leak checker, this finds destructors that do not clean up. `invariant()` is called without a loop.
std::size_t shut_down_at_every_await(const std::function<awaitable<void>()>& body,
                                     const std::function<void()>& invariant);

}  // namespace bight::testing

/// ASYNC_TEST that runs with 50 different schedules: see bight::testing::for_each_schedule.
#define ASYNC_TEST_SHUFFLED(suite, name)                                                         \
  static ::bight::awaitable<void> bight_async_test_##suite##_##name();                           \
  TEST(suite, name) { ::bight::testing::for_each_schedule(&bight_async_test_##suite##_##name); } \
  static ::bight::awaitable<void> bight_async_test_##suite##_##name()
