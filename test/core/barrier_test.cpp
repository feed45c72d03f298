// barrier: everybody or nobody goes on.
#include <bight/core/barrier.hpp>

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/testing/async_test.hpp>
#include <stdexcept>
#include <vector>

namespace bight::barrier_test {

using namespace std::chrono_literals;

awaitable<std::size_t> meet(barrier& b) { co_return co_await b.wait(); }

boost::system::error_code code_of(const task<std::size_t>& t) {
  try {
    t.result();
  } catch (const boost::system::system_error& e) { return e.code(); }
  return {};
}

TEST(barrier, of_nobody_is_refused) { EXPECT_THROW(barrier{0}, std::invalid_argument); }

ASYNC_TEST(barrier, of_one_waits_for_nobody) {
  barrier b{1};
  for (int i = 0; i != 3; ++i) {
    const auto index = co_await b.wait();
    EXPECT_EQ(index, 0U);
  }
}

ASYNC_TEST(barrier, lets_all_go_when_the_last_has_come) {
  barrier b{3};
  auto first = spawn(meet, std::ref(b));
  co_await sleep(1s);
  auto second = spawn(meet, std::ref(b));
  co_await sleep(1s);
  EXPECT_FALSE(first.done());
  EXPECT_EQ(b.waiting(), 2U);
  const auto mine = co_await b.wait();
  co_await first;
  co_await second;
  EXPECT_EQ(mine, 2U);
  EXPECT_EQ(first.result(), 0U);
  EXPECT_EQ(second.result(), 1U);
  EXPECT_EQ(b.waiting(), 0U);
}

ASYNC_TEST(barrier, is_used_again_and_again_and_keeps_phases_apart) {
  constexpr int parties = 4;
  constexpr int phases = 50;
  barrier b{parties};
  std::vector<int> phase_of(parties);
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (std::size_t i = 0; i != parties; ++i)
      group
          .spawn([&, i]() -> awaitable<void> {
            for (int p = 0; p != phases; ++p) {
              for (std::size_t turn = 0; turn != i; ++turn) co_await yield();
              co_await b.wait();
              ++phase_of[i];
              const auto [least, most] = std::minmax_element(phase_of.begin(), phase_of.end());
              EXPECT_LE(*most - *least, 1);
            }
          })
          .detach();
    co_return;
  });
  EXPECT_THAT(phase_of, ::testing::Each(phases));
}

ASYNC_TEST(barrier, a_cancelled_task_leaves_the_meeting) {
  barrier b{2};
  auto leaver = spawn(meet, std::ref(b));
  co_await yield();
  leaver.cancel();
  co_await leaver.wait();
  EXPECT_EQ(b.waiting(), 0U);
  auto first = spawn(meet, std::ref(b));
  co_await sleep(1s);
  EXPECT_FALSE(first.done());
  auto second = spawn(meet, std::ref(b));
  co_await first;
  co_await second;
  EXPECT_EQ(first.result() + second.result(), 1U) << "each index once";
}

ASYNC_TEST(barrier, reset_fails_those_who_wait_and_no_others) {
  barrier b{2};
  auto waiter = spawn(meet, std::ref(b));
  co_await yield();
  b.reset();
  co_await waiter.wait();
  EXPECT_EQ(code_of(waiter), errc::broken_barrier);
  EXPECT_FALSE(b.broken());
  auto first = spawn(meet, std::ref(b));
  const auto index = co_await b.wait();
  EXPECT_EQ(index, 0U);
  co_await first;
}

ASYNC_TEST(barrier, abort_fails_all_until_reset) {
  barrier b{2};
  auto waiter = spawn(meet, std::ref(b));
  co_await yield();
  b.abort();
  auto late = spawn(meet, std::ref(b));
  co_await waiter.wait();
  co_await late.wait();
  EXPECT_EQ(code_of(waiter), errc::broken_barrier);
  EXPECT_EQ(code_of(late), errc::broken_barrier);
  EXPECT_TRUE(b.broken());
  b.reset();
  auto first = spawn(meet, std::ref(b));
  co_await b.wait();
  co_await first;
}

}  // namespace bight::barrier_test
