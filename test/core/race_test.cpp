// race: one decides, all end.
#include <bight/core/race.hpp>

#include <bight/core/event.hpp>
#include <bight/core/lock.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/queue.hpp>
#include <bight/core/semaphore.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::race_test {

using namespace std::chrono_literals;

template <class T>
awaitable<T> after(clock::duration d, T value) {
  co_await sleep(d);
  co_return value;
}
awaitable<int> fail_after(clock::duration d) {
  co_await sleep(d);
  throw std::runtime_error("lost");
}

ASYNC_TEST(race, the_first_result_counts_and_the_others_end) {
  const auto start = clock::now();
  bool ended = false;
  const auto slow = [&]() -> awaitable<std::string> {
    try {
      co_await sleep(1h);
    } catch (...) {
      ended = true;
      throw;
    }
    co_return "slow";
  };
  auto first = co_await race(slow(), after(2s, 7));
  CO_ASSERT_EQ(first.index(), 1U);
  EXPECT_EQ(std::get<1>(first), 7);
  EXPECT_TRUE(ended);
  EXPECT_EQ(clock::now() - start, 2s);
}

ASYNC_TEST(race, the_first_error_counts_too) {
  std::string what;
  try {
    co_await race(after(2s, 7), fail_after(1s));
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "lost");
}

ASYNC_TEST(race, an_error_after_the_end_is_dropped) {
  const auto stubborn = []() -> awaitable<int> {
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {}
    throw std::runtime_error("late");
  };
  const auto first = co_await race(stubborn(), after(1s, 1));
  EXPECT_EQ(first.index(), 1U);
}

ASYNC_TEST(race, takes_primitives_and_void) {
  event e;
  const auto first = co_await race(e.wait(), sleep(1s));
  EXPECT_EQ(first.index(), 1U);
}

ASYNC_TEST(race, of_a_range_gives_the_result) {
  std::vector<awaitable<int>> work;
  for (int i = 5; i != 0; --i) work.push_back(after(i * 1s, i));
  const int first = co_await race(std::move(work));
  EXPECT_EQ(first, 1);
  bool refused = false;
  try {
    std::vector<awaitable<int>> none;
    co_await race(std::move(none));
  } catch (const std::invalid_argument&) { refused = true; }
  EXPECT_TRUE(refused);
}

ASYNC_TEST(race, a_cancellation_ends_all) {
  auto t = spawn([]() -> awaitable<void> { co_await race(after(1h, 1), after(2h, 2)); });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(race, a_timeout_around_it_ends_all) {
  bool expired = false;
  try {
    co_await wait_for(race(after(1h, 1), after(2h, 2)), 3s);
  } catch (const timeout_error&) { expired = true; }
  EXPECT_TRUE(expired);
}

ASYNC_TEST(race, a_result_that_came_before_the_cancellation_is_delivered) {
  event go;
  int got = 0;
  bool struck = false;
  const auto loser = []() -> awaitable<int> {
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {}
    co_await yield();  // takes its time
    co_return 0;
  };
  const auto winner = [&]() -> awaitable<int> {
    co_await go.wait();
    co_return 1;
  };
  auto t = spawn([&]() -> awaitable<void> {
    auto first = co_await race(loser(), winner());
    got = std::get<1>(first);
    try {
      co_await sleep(1s);
    } catch (const cancelled_error&) {
      struck = true;
      throw;
    }
  });
  co_await yield();
  go.set();
  co_await yield();  // the winner has ended, the loser has not
  co_await yield();
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(got, 1);
  EXPECT_TRUE(struck);
}

// Both are granted something in the same turn: the first takes it, the other gives it back.
ASYNC_TEST(race, a_queue_that_lost_keeps_its_item) {
  queue<std::string> left;
  queue<std::string> right;
  auto t = spawn([&]() -> awaitable<std::size_t> {
    const auto first = co_await race(left.get(), right.get());
    co_return first.index();
  });
  co_await sleep(1s);
  left.try_put("left");
  right.try_put("right");
  const auto winner = co_await t;
  EXPECT_EQ(winner, 0U);
  EXPECT_TRUE(left.empty());
  const auto kept = right.try_get();
  EXPECT_EQ(kept, "right");
}

ASYNC_TEST(race, what_a_loser_gives_back_goes_to_who_is_next) {
  queue<int> left;
  queue<int> right;
  auto racing = spawn([&]() -> awaitable<void> { co_await race(left.get(), right.get()); });
  co_await sleep(1s);
  auto next = spawn([&]() -> awaitable<std::optional<int>> { co_return co_await right.get(); });
  co_await sleep(1s);
  left.try_put(1);
  right.try_put(2);
  co_await racing;
  const auto got = co_await wait_for(next, 1s);
  EXPECT_EQ(got, 2);
}

ASYNC_TEST(race, of_a_range_of_queues_takes_one_item) {
  queue<int> queues[3];
  auto t = spawn([&]() -> awaitable<std::optional<int>> {
    std::vector<queue<int>::get_awaiter> gets;
    for (auto& q : queues) gets.push_back(q.get());
    co_return co_await race(std::move(gets));
  });
  co_await sleep(1s);
  for (int i = 0; i != 3; ++i) queues[i].try_put(i);
  const auto got = co_await t;
  EXPECT_EQ(got, 0);
  EXPECT_EQ(queues[1].size() + queues[2].size(), 2U);
}

ASYNC_TEST(race, a_put_that_lost_puts_nothing) {
  queue<int> left{1};
  queue<int> right{1};
  left.try_put(1);
  right.try_put(2);
  auto t = spawn([&]() -> awaitable<void> { co_await race(left.put(3), right.put(4)); });
  co_await sleep(1s);
  left.try_get();
  right.try_get();
  co_await t;
  EXPECT_EQ(left.size(), 1U);
  EXPECT_TRUE(right.empty());
  EXPECT_TRUE(right.try_put(5)) << "the place is free again";
}

ASYNC_TEST(race, semaphores_and_locks_that_lost_are_free) {
  semaphore slots{1};
  lock mutex;
  auto slot = slots.try_acquire();
  auto held = mutex.try_acquire();
  event begin;
  auto t = spawn([&]() -> awaitable<void> { co_await race(begin.wait(), slots.acquire(), mutex.acquire()); });
  co_await sleep(1s);
  begin.set();
  slot.release();
  held.release();
  co_await t;
  EXPECT_EQ(slots.available(), 1U);
  EXPECT_FALSE(mutex.locked());
}

ASYNC_TEST(race, what_was_granted_before_the_cancellation_of_all_is_delivered_once) {
  queue<int> left;
  queue<int> right;
  std::optional<int> got;
  auto t = spawn([&]() -> awaitable<void> {
    auto first = co_await race(left.get(), right.get());
    got = first.index() == 0 ? std::get<0>(first) : std::get<1>(first);
    co_await sleep(1h);
  });
  co_await sleep(1s);
  left.try_put(1);
  right.try_put(2);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(got, 1);
  EXPECT_EQ(right.size(), 1U);
}

TEST(race, loses_no_item_wherever_it_is_cancelled) {
  struct state {
    queue<int> left;
    queue<int> right;
    int got = 0;
  };
  std::unique_ptr<state> s;
  const auto tried = testing::cancel_at_every_await(
      [&]() -> awaitable<void> {
        s = std::make_unique<state>();
        s->left.try_put(1);
        auto feeding = spawn([&]() -> awaitable<void> {
          s->right.try_put(1);
          co_await yield();
          s->left.try_put(1);
          s->right.try_put(1);
        });
        for (int i = 0; i != 4; ++i) {
          co_await race(s->left.get(), s->right.get());
          ++s->got;
        }
        co_await feeding;
      },
      [&]() -> awaitable<void> {
        co_await sleep(1s);
        EXPECT_EQ(s->got + static_cast<int>(s->left.size() + s->right.size()), 4);
      });
  EXPECT_GE(tried, 4U);
}

// Of coroutines, whose results are no one else's business.
awaitable<std::string> stubborn(std::string value) {
  try {
    co_await sleep(1h);
  } catch (const cancelled_error&) {}
  co_return value;
}

ASYNC_TEST(race, a_callback_gets_what_comes_late) {
  std::vector<std::pair<std::size_t, std::string>> late;
  auto keep = [&](std::size_t index, std::string value) { late.emplace_back(index, std::move(value)); };
  const auto first = co_await race(keep, stubborn("a"), after(1s, 7), stubborn("c"), sleep(1h));
  EXPECT_EQ(first.index(), 1U);
  EXPECT_THAT(
      late, ::testing::UnorderedElementsAre(std::pair(std::size_t{0}, "a"), std::pair(std::size_t{2}, "c")));
}

ASYNC_TEST(race, a_callback_of_a_range) {
  std::vector<std::size_t> late;
  std::vector<awaitable<std::string>> work;
  work.push_back(stubborn("a"));
  work.push_back(after(1s, std::string("b")));
  work.push_back(stubborn("c"));
  auto keep = [&](std::size_t index, const std::string&) { late.push_back(index); };
  const auto first = co_await race(keep, std::move(work));
  EXPECT_EQ(first, "b");
  EXPECT_THAT(late, ::testing::UnorderedElementsAre(0U, 2U));
}

ASYNC_TEST(race, what_a_callback_throws_is_reported) {
  std::string seen;
  loop::current().set_exception_handler(
      [&](const any_task&, const std::exception_ptr& e) { seen = describe(e); });
  auto fails = [](std::size_t, const std::string&) { throw std::runtime_error("no room"); };
  const auto first = co_await race(fails, stubborn("a"), sleep(1s));
  EXPECT_EQ(first.index(), 1U);
  EXPECT_EQ(seen, "no room");
}

}  // namespace bight::race_test
