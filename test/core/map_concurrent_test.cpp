// map_concurrent: in order, never more than the limit, and nothing is left running.
#include <bight/core/map_concurrent.hpp>

#include <algorithm>
#include <array>
#include <bight/core/awaitable.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/semaphore.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <map>
#include <memory>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::map_concurrent_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

awaitable<int> square(int n) {
  co_await sleep(std::chrono::seconds(10 - n));  // later elements are ready first
  co_return n* n;
}

const std::array two{1, 2};
const std::array three{1, 2, 3};

// Counts how many run at a time.
struct gauge {
  int now = 0;
  int most = 0;
  int started = 0;
  int ended = 0;
  awaitable<void> work(clock::duration d) {
    ++started;
    most = std::max(most, ++now);
    try {
      co_await sleep(d);
    } catch (const cancelled_error&) {
      --now;
      throw;
    }
    --now;
    ++ended;
  }
};

ASYNC_TEST(map_concurrent, gives_results_in_the_order_of_the_range) {
  const std::vector<int> numbers{1, 2, 3, 4, 5};
  const auto start = clock::now();
  const auto squares = co_await map_concurrent(numbers, 5, square);
  EXPECT_THAT(squares, ElementsAre(1, 4, 9, 16, 25));
  EXPECT_EQ(clock::now() - start, 9s);
  const auto one_by_one = co_await map_concurrent(numbers, 1, square);
  EXPECT_EQ(one_by_one, squares);
  EXPECT_EQ(clock::now() - start, 9s + 35s);
}

ASYNC_TEST(map_concurrent, runs_at_most_limit_and_starts_the_next_when_one_ends) {
  gauge g;
  const auto start = clock::now();
  auto work = [&](int i) { return g.work(i == 0 ? 5s : 1s); };
  co_await map_concurrent(std::views::iota(0, 10), 3, work);
  EXPECT_EQ(g.most, 3);
  EXPECT_EQ(g.ended, 10);
  EXPECT_EQ(clock::now() - start, 5s);  // 9 of 1 s beside the long one
}

ASYNC_TEST(map_concurrent, of_nothing_gives_nothing_at_once) {
  const auto none = co_await map_concurrent(std::vector<int>(), 4, square);
  EXPECT_TRUE(none.empty());
  std::istringstream text;
  co_await map_concurrent(std::views::istream<int>(text), 4, [](int) { return sleep(1s); });
}

ASYNC_TEST(map_concurrent, takes_any_limit) {
  const std::array numbers{1, 2, 3};
  const auto all = co_await map_concurrent(numbers, static_cast<std::size_t>(-1), square);
  EXPECT_THAT(all, ElementsAre(1, 4, 9));
  EXPECT_THROW((void)map_concurrent(numbers, 0, square), std::invalid_argument);
}

ASYNC_TEST(map_concurrent, takes_results_of_every_kind) {
  std::vector<int> numbers{1, 2};
  auto refs = co_await map_concurrent(numbers, 2, [](int& n) -> awaitable<int&> {
    co_await yield();
    co_return n;
  });
  EXPECT_EQ(&refs[1].get(), &numbers[1]);
  auto pointers = co_await map_concurrent(numbers, 2, [](int n) -> awaitable<std::unique_ptr<int>> {
    co_await sleep(1s);
    co_return std::make_unique<int>(n);
  });
  CO_ASSERT_EQ(pointers.size(), 2U);
  EXPECT_EQ(*pointers[1], 2);
  const auto even =
      co_await map_concurrent(numbers, 2, [](int n) -> awaitable<bool> { co_return n % 2 == 0; });
  EXPECT_THAT(even, ElementsAre(false, true));
}

ASYNC_TEST(map_concurrent, hands_over_the_element_itself) {
  std::vector<std::unique_ptr<int>> owned;
  owned.push_back(std::make_unique<int>(1));
  owned.push_back(std::make_unique<int>(2));
  co_await map_concurrent(owned, 2, [](std::unique_ptr<int>& p) -> awaitable<void> {
    co_await yield();
    ++*p;
  });
  EXPECT_EQ(*owned[1], 3);
  std::map<std::string, int> named{{"a", 1}, {"b", 2}};
  const auto keys = co_await map_concurrent(named, 2, [](auto& entry) -> awaitable<std::string> {
    co_await yield();
    entry.second = 0;
    co_return entry.first;
  });
  EXPECT_THAT(keys, ElementsAre("a", "b"));
  EXPECT_EQ(named["b"], 0);
}

ASYNC_TEST(map_concurrent, keeps_a_copy_of_what_an_input_range_gave) {
  std::istringstream text("one two three four");
  const auto words = co_await map_concurrent(std::views::istream<std::string>(text), 3,
                                             [](std::string word) -> awaitable<std::string> {
                                               co_await sleep(1s);
                                               co_return word;
                                             });
  EXPECT_THAT(words, ElementsAre("one", "two", "three", "four"));
}

ASYNC_TEST(map_concurrent, reads_the_range_only_when_there_is_room) {
  int read = 0;
  gauge g;
  auto endless = std::views::iota(0) | std::views::transform([&](int i) {
                   read = i + 1;
                   return i;
                 });
  auto t = spawn(
      [&]() -> awaitable<void> { co_await map_concurrent(endless, 2, [&](int) { return g.work(1s); }); });
  co_await sleep(500ms);
  EXPECT_EQ(read, 2);
  co_await sleep(1s);
  EXPECT_EQ(read, 4);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(g.now, 0);
  EXPECT_EQ(g.started, 4);
}

ASYNC_TEST(map_concurrent, work_that_never_waits_runs_in_place) {
  bool other_ran = false;
  auto other = spawn([&]() -> awaitable<void> {
    other_ran = true;
    co_return;
  });
  const auto twice =
      co_await map_concurrent(std::views::iota(0, 100), 8, [](int n) -> awaitable<int> { co_return 2 * n; });
  EXPECT_EQ(twice.size(), 100U);
  EXPECT_EQ(twice[99], 198);
  EXPECT_FALSE(other_ran);
  co_await other;
  const auto many =
      co_await map_concurrent(std::views::iota(0, 100'000), 8, [](int n) -> awaitable<int> { co_return n; });
  EXPECT_EQ(many.back(), 99'999);
}

ASYNC_TEST(map_concurrent, the_first_error_cancels_the_rest_and_starts_no_more) {
  gauge g;
  const auto start = clock::now();
  std::string what;
  try {
    co_await map_concurrent(std::views::iota(0, 100), 4, [&](int i) -> awaitable<void> {
      const auto takes = i == 6 ? 500ms : 1000ms;
      co_await g.work(takes);
      if (i == 6) throw std::runtime_error("sixth");
    });
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "sixth");
  EXPECT_EQ(g.started, 8);
  EXPECT_EQ(g.now, 0);
  EXPECT_EQ(clock::now() - start, 1500ms);
  EXPECT_EQ(this_task::cancelling(), 0U);
  co_await sleep(1s);
}

ASYNC_TEST(map_concurrent, waits_for_those_it_cancelled) {
  const auto start = clock::now();
  bool cleaned_up = false;
  try {
    co_await map_concurrent(std::views::iota(0, 10), 2, [&](int i) -> awaitable<void> {
      if (i == 1) {
        co_await sleep(1s);
        throw std::runtime_error("second");
      }
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) {}
      co_await sleep(5s);  // swallows the cancellation, and yet no other element is begun
      cleaned_up = true;
    });
  } catch (const std::runtime_error&) {}
  EXPECT_TRUE(cleaned_up);
  EXPECT_EQ(clock::now() - start, 6s);
}

ASYNC_TEST(map_concurrent, an_error_of_the_range_is_thrown) {
  gauge g;
  for (const int bad : {0, 1, 3}) {
    auto range = std::views::iota(0, 10) | std::views::transform([&](int i) {
                   if (i == bad) throw std::out_of_range("range");
                   return i;
                 });
    bool thrown = false;
    try {
      co_await map_concurrent(range, 2, [&](int) { return g.work(1s); });
    } catch (const std::out_of_range&) { thrown = true; }
    EXPECT_TRUE(thrown);
    EXPECT_EQ(g.now, 0);
  }
  EXPECT_EQ(g.started, 0 + 1 + 3);
}

ASYNC_TEST(map_concurrent, a_call_that_throws_before_its_first_await_is_an_error_like_others) {
  gauge g;
  bool thrown = false;
  try {
    co_await map_concurrent(std::views::iota(0, 10), 3, [&](int i) {
      if (i == 1) throw std::runtime_error("at once");
      return g.work(1s);
    });
  } catch (const std::runtime_error&) { thrown = true; }
  EXPECT_TRUE(thrown);
  EXPECT_EQ(g.started, 1);
  EXPECT_EQ(g.now, 0);
}

ASYNC_TEST(map_concurrent, cancelled_with_everything_done_returns_it) {
  auto stubborn = [](int n) -> awaitable<int> {
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {}
    co_return n;
  };
  std::vector<int> done;
  bool partly = false;
  auto all = spawn([&]() -> awaitable<void> {
    done = co_await map_concurrent(two, 2, stubborn);
    co_await sleep(1s);
  });
  auto half = spawn([&]() -> awaitable<void> {
    (void)co_await map_concurrent(three, 2, stubborn);
    partly = true;
  });
  co_await sleep(1s);
  all.cancel();
  half.cancel();
  co_await all.wait();
  co_await half.wait();
  EXPECT_THAT(done, ElementsAre(1, 2));
  EXPECT_TRUE(all.cancelled());
  EXPECT_TRUE(half.cancelled());
  EXPECT_FALSE(partly);
}

ASYNC_TEST(map_concurrent, due_to_be_cancelled_enters_nothing) {
  gauge g;
  task<void> t;
  t = spawn([&]() -> awaitable<void> {
    t.cancel();
    co_await map_concurrent(two, 2, [&](int) { return g.work(1s); });
  });
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(g.started, 0);
}

ASYNC_TEST(map_concurrent, cancelled_after_any_number_of_turns_leaves_nothing_running) {
  for (int turns = 0; turns != 40; ++turns) {
    semaphore permits{2};
    int begun = 0;
    int over = 0;
    std::size_t results = 0;
    auto f = [&](int n) -> awaitable<int> {
      ++begun;
      try {
        const auto permit = co_await permits.acquire();
        co_await yield();
      } catch (const cancelled_error&) {
        ++over;
        throw;
      }
      ++over;
      co_return n;
    };
    auto t = spawn([&]() -> awaitable<void> {
      const auto all = co_await map_concurrent(std::views::iota(0, 12), 4, f);
      results = all.size();
      co_await yield();
    });
    for (int i = 0; i != turns; ++i) co_await yield();
    t.cancel();
    co_await t.wait();
    EXPECT_EQ(begun, over) << turns;
    EXPECT_EQ(permits.available(), 2U);
    EXPECT_TRUE(results == 0 || results == 12U);
    EXPECT_TRUE(t.cancelled() || results == 12U);
  }
}

ASYNC_TEST(map_concurrent, works_after_any_number_of_ready_awaits) {
  auto nothing = []() -> awaitable<void> { co_return; };
  for (int spent = 245; spent != 260; ++spent) {
    co_await yield();
    for (int i = 0; i != spent; ++i) co_await nothing();
    const auto squares = co_await map_concurrent(three, 2, square);
    EXPECT_THAT(squares, ElementsAre(1, 4, 9)) << spent;
  }
}

TEST(map_concurrent, is_destroyed_with_its_loop_where_it_waits) {
  semaphore permits{2};
  {
    loop l;
    auto t = l.spawn([&]() -> awaitable<void> {
      co_await map_concurrent(std::views::iota(0, 9), 4, [&](int) -> awaitable<void> {
        const auto permit = co_await permits.acquire();
        co_await sleep(forever);
      });
    });
    l.run_until(l.spawn([]() -> awaitable<void> { co_await sleep(1ms); }));
    EXPECT_FALSE(t.done());
    EXPECT_EQ(permits.available(), 0U);
  }
  EXPECT_EQ(permits.available(), 2U);
}

}  // namespace bight::map_concurrent_test
