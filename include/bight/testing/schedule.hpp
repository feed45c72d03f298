// for_each_schedule, cancel_at_every_await, shut_down_at_every_await: the same test under many circumstances.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/traits.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace bight::testing {

/// Runs `body()` in virtual time under `count` different orders of ready tasks. Stops at the first that
/// fails, and says which: the environment variable BIGHT_SEED=N runs that one alone. The order of tasks that
/// are ready at the same time is nobody's promise; what a primitive promises must hold in all of them.
///
///     ASYNC_TEST_SHUFFLED(transfer, keeps_the_sum) { ... }       // a whole test, under 50 orders
void for_each_schedule(const std::function<awaitable<void>()>& body, std::uint64_t count = 50);

/// Runs `body()` in virtual time again and again: cancelled at its first await, at its second, and so on,
/// until a run ends before its turn; at each await before it takes anything, while it waits, and when it was
/// just woken. After each run `invariant()` is awaited on the same loop: what must hold whatever happened.
///
///     const auto awaits = bight::testing::cancel_at_every_await(
///         [&]() -> awaitable<void> { auto held = co_await lock.acquire(); co_await store.save(); },
///         [&]() -> awaitable<void> { EXPECT_FALSE(lock.locked()); co_return; });
///
/// `body` makes everything anew that a run uses up. Other tasks that it spawns are not cancelled by this;
/// they belong into a task_group inside. A run may end with a result or an error, too. Failures tell the
/// number of the await. Returns how many places were tried.
std::size_t cancel_at_every_await(const std::function<awaitable<void>()>& body,
                                  const std::function<awaitable<void>()>& invariant);

/// The same with the end of the loop instead of a cancellation: its tasks are destroyed where they wait. With
/// a leak checker this shows what destructors forget. `invariant()` is called without a loop.
std::size_t shut_down_at_every_await(const std::function<awaitable<void>()>& body,
                                     const std::function<void()>& invariant);

}  // namespace bight::testing

/// ASYNC_TEST whose body runs under 50 different schedules: see bight::testing::for_each_schedule.
#define ASYNC_TEST_SHUFFLED(suite, name)                                                         \
  static ::bight::awaitable<void> bight_async_test_##suite##_##name();                           \
  TEST(suite, name) { ::bight::testing::for_each_schedule(&bight_async_test_##suite##_##name); } \
  static ::bight::awaitable<void> bight_async_test_##suite##_##name()
