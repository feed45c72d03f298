// task<T> and spawn: handles, results, lifetime.
#include <bight/core/task.hpp>

#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/log_capture.hpp"

namespace bight::task_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

awaitable<int> one() { co_return 1; }
awaitable<int> later(int value) {
  co_await sleep(1s);
  co_return value;
}
awaitable<void> fail(std::string what) {
  co_await yield();
  throw std::runtime_error(what);
}
awaitable<std::unique_ptr<int>> box(std::unique_ptr<int> p) {
  co_await yield();
  co_return p;
}
awaitable<void> wait_forever() { co_await sleep(forever); }

template <class F>
boost::system::error_code code_of(F&& f) {
  try {
    std::forward<F>(f)();
  } catch (const boost::system::system_error& e) { return e.code(); }
  return {};
}

ASYNC_TEST(task, starts_in_the_next_turn) {
  bool started = false;
  auto t = spawn([&]() -> awaitable<void> {
    started = true;
    co_return;
  });
  EXPECT_FALSE(started);
  EXPECT_FALSE(t.done());
  co_await yield();
  EXPECT_TRUE(started);
  EXPECT_TRUE(t.done());
}

ASYNC_TEST(task, awaited_by_name_gives_a_reference_to_the_result) {
  auto t = spawn(later, 5);
  int& a = co_await t;
  EXPECT_EQ(a, 5);
  a = 6;
  int& b = co_await t;
  EXPECT_EQ(&a, &b);
  EXPECT_EQ(t.result(), 6);
}

ASYNC_TEST(task, awaited_as_rvalue_gives_the_result_itself) {
  auto t = spawn(box, std::make_unique<int>(3));
  auto p = co_await std::move(t);
  static_assert(std::is_same_v<decltype(p), std::unique_ptr<int>>);
  EXPECT_EQ(*p, 3);
}

ASYNC_TEST(task, gives_results_of_every_kind) {
  class token {
   public:
    explicit token(int id) : id_(id) {}
    token(token&&) = default;
    token& operator=(token&&) = default;
    int id() const { return id_; }

   private:
    int id_;
  };
  auto made = spawn([]() -> awaitable<token> { co_return token(2); });
  const token t = co_await std::move(made);
  EXPECT_EQ(t.id(), 2);
  int x = 0;
  auto ref = spawn([&]() -> awaitable<int&> { co_return x; });
  int& got = co_await ref;
  EXPECT_EQ(&got, &x);
  auto none = spawn([]() -> awaitable<void> { co_return; });
  co_await none;
  none.result();
  int& again = co_await std::move(ref);
  EXPECT_EQ(&again, &x);
}

ASYNC_TEST(task, a_result_that_was_moved_out_is_not_given_twice) {
  auto t = spawn(box, std::make_unique<int>(3));
  auto copy = t;
  auto p = co_await std::move(t);
  EXPECT_TRUE(p);
  EXPECT_EQ(code_of([&] { copy.result(); }), errc::value_moved);
  boost::system::error_code second;
  try {
    co_await std::move(copy);
  } catch (const boost::system::system_error& e) { second = e.code(); }
  EXPECT_EQ(second, errc::value_moved);
}

ASYNC_TEST(task, may_be_awaited_by_several) {
  auto t = spawn(later, 4);
  int sum = 0;
  auto adds = [&](task<int> shared) -> awaitable<void> { sum += co_await shared; };
  auto a = spawn(adds, t);
  auto b = spawn(adds, t);
  sum += co_await t;
  co_await a;
  co_await b;
  EXPECT_EQ(sum, 12);
}

ASYNC_TEST(task, throws_its_error_to_everybody_who_awaits_it) {
  auto t = spawn(fail, "broken");
  std::string trace;
  for (int i = 0; i != 2; ++i) {
    try {
      co_await t;
    } catch (const std::runtime_error& e) { trace += e.what(); }
  }
  EXPECT_EQ(trace, "brokenbroken");
  EXPECT_THROW(t.result(), std::runtime_error);
  EXPECT_EQ(describe(t.exception()), "broken");
  EXPECT_FALSE(t.cancelled());
}

ASYNC_TEST(task, wait_never_throws_the_error) {
  auto t = spawn(fail, "broken");
  co_await t.wait();
  EXPECT_TRUE(t.done());
  EXPECT_TRUE(t.exception());
  co_await t.wait();
}

ASYNC_TEST(task, cancelling_who_waits_leaves_the_task_alone) {
  auto t = spawn(later, 3);
  auto waiter = spawn([&]() -> awaitable<void> { co_await t.wait(); });
  co_await yield();
  waiter.cancel();
  co_await waiter.wait();
  EXPECT_TRUE(waiter.cancelled());
  const int value = co_await t;
  EXPECT_EQ(value, 3);
}

ASYNC_TEST(task, cancelling_who_awaits_it_cancels_it_and_waits_for_its_end) {
  const auto start = clock::now();
  bool cleaned_up = false;
  auto t = spawn([&]() -> awaitable<void> {
    std::exception_ptr struck;
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) { struck = std::current_exception(); }
    co_await sleep(5s);
    cleaned_up = true;
    std::rethrow_exception(struck);
  });
  auto joiner = spawn([&]() -> awaitable<void> { co_await t; });
  co_await sleep(1s);
  joiner.cancel();
  co_await joiner.wait();
  EXPECT_TRUE(joiner.cancelled());
  EXPECT_TRUE(t.cancelled());
  EXPECT_TRUE(cleaned_up);
  EXPECT_EQ(clock::now() - start, 6s);
}

ASYNC_TEST(task, that_answers_the_forwarded_cancellation_with_a_value_delivers_it) {
  auto t = spawn([]() -> awaitable<int> {
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) {}
    co_return 9;
  });
  int got = 0;
  auto joiner = spawn([&]() -> awaitable<void> {
    got = co_await t;
    co_await sleep(1s);
  });
  co_await yield();
  joiner.cancel();
  co_await joiner.wait();
  EXPECT_EQ(got, 9);
  EXPECT_TRUE(joiner.cancelled());  // the request was for the joiner, and struck at its next wait
}

ASYNC_TEST(task, that_has_ended_beats_the_cancellation_of_who_awaits_it) {
  auto t = spawn(one);
  int got = 0;
  auto joiner = spawn([&]() -> awaitable<void> { got = co_await t; });
  co_await t;  // the joiner is woken as well, and runs later
  joiner.cancel();
  co_await joiner.wait();
  EXPECT_EQ(got, 1);
  EXPECT_FALSE(joiner.cancelled());
}

ASYNC_TEST(shield, lets_the_task_run_on) {
  auto t = spawn(later, 3);
  bool cancelled = false;
  auto waiter = spawn([&]() -> awaitable<void> {
    try {
      co_await shield(t);
    } catch (const cancelled_error&) {
      cancelled = true;
      throw;
    }
  });
  co_await yield();
  waiter.cancel();
  co_await waiter.wait();
  EXPECT_TRUE(cancelled);
  EXPECT_FALSE(t.done());
  const int value = co_await shield(t);
  EXPECT_EQ(value, 3);
}

ASYNC_TEST(shield, passes_errors_and_the_tasks_own_cancellation_on) {
  auto broken = spawn(fail, "broken");
  std::string what;
  try {
    co_await shield(broken);
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "broken");
  auto t = spawn(wait_forever);
  co_await yield();
  t.cancel();
  bool cancelled = false;
  try {
    co_await shield(t);
  } catch (const cancelled_error&) { cancelled = true; }
  EXPECT_TRUE(cancelled);
}

ASYNC_TEST(task, keeps_callable_and_arguments_alive) {
  auto text = std::make_shared<std::string>("kept");
  const std::weak_ptr<std::string> watch = text;
  auto body = [text](std::unique_ptr<int> p, std::string s) -> awaitable<std::string> {
    co_await sleep(1s);
    co_return *text + s + std::to_string(*p);
  };
  auto t = spawn(std::move(body), std::make_unique<int>(7), std::string(40, '-'));
  text.reset();
  EXPECT_FALSE(watch.expired());
  const auto got = co_await t;
  EXPECT_EQ(got, "kept" + std::string(40, '-') + "7");
  EXPECT_TRUE(watch.expired());  // gone at the end of the task, although the handle lives
}

ASYNC_TEST(task, takes_member_functions_and_references) {
  class counter {
   public:
    awaitable<void> add(int n) {
      co_await yield();
      total += n;
    }
    int total = 0;
  };
  counter c;
  co_await spawn(&counter::add, &c, 2);
  co_await spawn(&counter::add, std::ref(c), 3);
  EXPECT_EQ(c.total, 5);
  int direct = 0;
  co_await spawn(
      [](int& n) -> awaitable<void> {
        n = 8;
        co_return;
      },
      std::ref(direct));
  EXPECT_EQ(direct, 8);
}

ASYNC_TEST(task, fails_when_the_callable_throws_before_it_returns_an_awaitable) {
  auto t = spawn([]() -> awaitable<int> { throw std::runtime_error("no coroutine"); });
  co_await t.wait();
  EXPECT_EQ(describe(t.exception()), "no coroutine");
}

ASYNC_TEST(task, is_owned_by_its_loop_when_no_handle_is_left) {
  bool ended = false;
  spawn([&]() -> awaitable<void> {
    co_await sleep(1s);
    ended = true;
  }).detach();
  co_await sleep(2s);
  EXPECT_TRUE(ended);
}

ASYNC_TEST(task, lives_while_somebody_awaits_it_although_its_handle_goes) {
  std::optional<task<std::string>> handle = spawn([]() -> awaitable<std::string> {
    co_await sleep(1s);
    co_return std::string(100, 'x');
  });
  std::string got;
  auto joiner = spawn([&]() -> awaitable<void> {
    const std::string copy = co_await *handle;
    got = copy;
  });
  co_await yield();
  handle.reset();
  co_await joiner;
  EXPECT_EQ(got.size(), 100U);
}

ASYNC_TEST(task, handles_compare_by_identity) {
  auto a = spawn(one);
  auto b = spawn(one);
  auto c = a;
  EXPECT_TRUE(a == c);
  EXPECT_FALSE(a == b);
  EXPECT_FALSE(task<int>().valid());
  auto d = std::move(c);
  EXPECT_FALSE(c.valid());
  EXPECT_TRUE(a == d);
  co_await a;
  co_await b;
}

ASYNC_TEST(task, result_before_the_end_is_refused) {
  auto t = spawn(later, 1);
  EXPECT_EQ(code_of([&] { t.result(); }), errc::not_retrievable);
  co_await t;
  EXPECT_EQ(t.result(), 1);
}

ASYNC_TEST(task, that_awaits_itself_gets_an_error) {
  std::string what;
  task<void> t;
  t = spawn([&]() -> awaitable<void> {
    try {
      co_await t;
    } catch (const std::logic_error& e) { what = e.what(); }
  });
  co_await t.wait();
  EXPECT_THAT(what, HasSubstr("itself"));
}

ASYNC_TEST(task, an_error_that_nobody_retrieved_is_logged_once) {
  const test::log_capture caught;
  spawn(fail, "lost").detach();
  co_await sleep(1s);
  EXPECT_THAT(caught.lines(), ElementsAre("bight: the error of task-2 was never retrieved: lost"));
  {
    auto a = spawn(fail, "held");
    auto b = a;
    co_await a.wait();
    EXPECT_EQ(caught.lines().size(), 1U);
  }
  EXPECT_THAT(caught.lines(), ElementsAre(HasSubstr("lost"), HasSubstr("held")));
}

ASYNC_TEST(task, an_error_that_was_retrieved_is_not_logged) {
  const test::log_capture caught;
  {
    auto awaited = spawn(fail, "awaited");
    try {
      co_await awaited;
    } catch (const std::runtime_error&) {}
    auto asked = spawn(fail, "asked");
    co_await asked.wait();
    EXPECT_TRUE(asked.exception());
    auto cancelled = spawn(wait_forever);
    co_await yield();
    cancelled.cancel();
    co_await cancelled.wait();
  }
  EXPECT_TRUE(caught.lines().empty());
}

TEST(task, spawn_needs_a_running_loop) {
  EXPECT_EQ(code_of([] { spawn(one).detach(); }), errc::wrong_loop);
}

TEST(task, a_handle_that_outlives_its_loop_says_cancelled) {
  task<int> unfinished;
  task<std::unique_ptr<int>> finished;
  {
    loop l;
    unfinished = l.spawn(later, 1);
    finished = l.spawn(box, std::make_unique<int>(2));
    l.run_until(finished);
  }
  EXPECT_TRUE(unfinished.done());
  EXPECT_TRUE(unfinished.cancelled());
  EXPECT_FALSE(unfinished.cancel());
  EXPECT_THROW(unfinished.result(), cancelled_error);
  EXPECT_EQ(*finished.result(), 2);
}

TEST(task, of_another_loop_is_not_awaited) {
  loop other;
  auto t = other.spawn(wait_forever);
  boost::system::error_code refused;
  run([&]() -> awaitable<void> {
    try {
      co_await t;
    } catch (const boost::system::system_error& e) { refused = e.code(); }
  });
  EXPECT_EQ(refused, errc::wrong_loop);
}

ASYNC_TEST(task, many_are_spawned_and_joined_one_by_one) {
  long sum = 0;
  for (int i = 0; i != 200'000; ++i) sum += co_await spawn(one);
  EXPECT_EQ(sum, 200'000);
}

}  // namespace bight::task_test
