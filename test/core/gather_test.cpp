// gather: several awaitables at once.
#include <bight/core/gather.hpp>

#include <array>
#include <bight/core/event.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/queue.hpp>
#include <bight/core/run.hpp>
#include <bight/core/semaphore.hpp>
#include <bight/core/settled.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

namespace bight::gather_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class token {
 public:
  explicit token(int id) : id_(id) {}
  token(token&&) = default;
  token& operator=(token&&) = default;
  int id() const { return id_; }

 private:
  int id_;
};

template <class T>
awaitable<T> after(clock::duration d, T value) {
  co_await sleep(d);
  co_return std::move(value);
}
awaitable<void> nap(clock::duration d) { co_await sleep(d); }
awaitable<void> fail_after(clock::duration d, std::string what) {
  co_await sleep(d);
  throw std::runtime_error(what);
}
awaitable<void> fail_now(std::string what) {
  if (!what.empty()) throw std::runtime_error(what);
  co_return;
}
// Says that it was entered, and that it was cancelled.
awaitable<void> trace_cancel(std::string& trace, clock::duration cleanup) {
  trace += "in ";
  std::exception_ptr struck;
  try {
    co_await sleep(forever);
  } catch (const cancelled_error&) { struck = std::current_exception(); }
  co_await sleep(cleanup);
  trace += "out ";
  std::rethrow_exception(struck);
}

ASYNC_TEST(gather, gives_results_in_the_order_of_the_arguments) {
  const auto start = clock::now();
  const auto [a, b, c] = co_await gather(after(3s, 1), after(1s, std::string("two")), after(2s, 3.0));
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, "two");
  EXPECT_EQ(c, 3.0);
  EXPECT_EQ(clock::now() - start, 3s);  // concurrently
}

ASYNC_TEST(gather, gives_monostate_for_void) {
  auto result = co_await gather(nap(1s), after(1s, 2), nap(0s));
  static_assert(std::is_same_v<decltype(result), std::tuple<std::monostate, int, std::monostate>>);
  EXPECT_EQ(std::get<1>(result), 2);
}

ASYNC_TEST(gather, gives_references_and_move_only_results) {
  int x = 1;
  auto ref = [&]() -> awaitable<int&> {
    co_await yield();
    co_return x;
  };
  auto make = [](int id) -> awaitable<token> { co_return token(id); };
  auto results = co_await gather(ref(), make(4));
  EXPECT_EQ(&std::get<0>(results), &x);
  EXPECT_EQ(std::get<1>(results).id(), 4);
  std::vector<awaitable<token>> tokens;
  for (int i = 0; i != 3; ++i) tokens.push_back(make(i));
  const auto all = co_await gather(std::move(tokens));
  CO_ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[2].id(), 2);
  std::vector<awaitable<int&>> refs;
  refs.push_back(ref());
  const auto of_refs = co_await gather(std::move(refs));
  EXPECT_EQ(&of_refs.front().get(), &x);
}

ASYNC_TEST(gather, of_nothing_gives_nothing_at_once) {
  const auto none = co_await gather();
  static_assert(std::tuple_size_v<std::remove_const_t<decltype(none)>> == 0);
  const auto empty = co_await gather(std::vector<awaitable<int>>());
  EXPECT_TRUE(empty.empty());
  co_await gather(std::vector<awaitable<void>>());
}

ASYNC_TEST(gather, takes_any_range_of_awaitables) {
  std::array<awaitable<int>, 2> pair{after(2s, 1), after(1s, 2)};
  const auto results = co_await gather(std::move(pair));
  EXPECT_THAT(results, ElementsAre(1, 2));
  int ran = 0;
  auto count = [&]() -> awaitable<void> {
    ++ran;
    co_return;
  };
  std::vector<awaitable<void>> voids;
  for (int i = 0; i != 1'000; ++i) voids.push_back(count());
  co_await gather(std::move(voids));
  EXPECT_EQ(ran, 1'000);
}

ASYNC_TEST(gather, takes_tasks_and_primitives) {
  queue<int> q;
  event e;
  auto t = spawn(after<int>, 1s, 5);
  auto feeder = [&]() -> awaitable<void> {
    e.set();
    co_await q.put(7);
  };
  const auto results = co_await gather(std::move(t), q.get(), e.wait(), sleep(1s), feeder());
  EXPECT_EQ(std::get<0>(results), 5);
  EXPECT_EQ(std::get<1>(results), 7);
}

ASYNC_TEST(gather, runs_first_steps_in_place_and_in_order) {
  std::string trace;
  auto step = [&](char name) -> awaitable<void> {
    trace += name;
    co_await yield();
    trace += name;
  };
  auto other = spawn([&]() -> awaitable<void> {
    trace += '-';
    co_return;
  });
  co_await gather(step('a'), step('b'), step('c'));
  EXPECT_EQ(trace, "abc-abc");
  co_await other;
}

ASYNC_TEST(gather, of_ready_awaitables_does_not_wait) {
  bool other_ran = false;
  auto other = spawn([&]() -> awaitable<void> {
    other_ran = true;
    co_return;
  });
  auto one = []() -> awaitable<int> { co_return 1; };
  const auto [a, b] = co_await gather(one(), one());
  EXPECT_EQ(a + b, 2);
  EXPECT_FALSE(other_ran);
  co_await other;
}

ASYNC_TEST(gather, when_one_fails_cancels_the_others_and_waits_for_them) {
  const auto start = clock::now();
  std::string trace;
  std::string what;
  try {
    co_await gather(trace_cancel(trace, 5s), fail_after(1s, "first"), trace_cancel(trace, 2s));
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "first");
  EXPECT_EQ(trace, "in in out out ");
  EXPECT_EQ(clock::now() - start, 6s);
  EXPECT_EQ(this_task::cancelling(), 0U);
  co_await sleep(1s);
}

ASYNC_TEST(gather, throws_the_first_error_of_several) {
  std::string what;
  try {
    co_await gather(fail_after(3s, "third"), fail_after(1s, "first"), fail_after(2s, "second"));
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "first");
}

ASYNC_TEST(gather, an_error_wins_over_the_cancellation_it_caused) {
  std::string what;
  auto answers_with_error = []() -> awaitable<void> {
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) { throw std::runtime_error("second"); }
  };
  try {
    co_await gather(answers_with_error(), fail_after(1s, "first"));
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "first");
}

ASYNC_TEST(gather, that_fails_during_the_start_never_enters_the_later_children) {
  std::string trace;
  std::string what;
  try {
    co_await gather(trace_cancel(trace, 1s), fail_now("early"), trace_cancel(trace, 1s));
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "early");
  EXPECT_EQ(trace, "in out ");
  trace.clear();
  std::vector<awaitable<void>> work;
  work.push_back(fail_now("early"));
  for (int i = 0; i != 3; ++i) work.push_back(trace_cancel(trace, 1s));
  try {
    co_await gather(std::move(work));
  } catch (const std::runtime_error& e) { what += e.what(); }
  EXPECT_EQ(what, "earlyearly");
  EXPECT_EQ(trace, "");
}

ASYNC_TEST(gather, cancelled_cancels_all_children_and_waits_for_them) {
  const auto start = clock::now();
  std::string trace;
  auto t =
      spawn([&]() -> awaitable<void> { co_await gather(trace_cancel(trace, 3s), trace_cancel(trace, 1s)); });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(trace, "in in out out ");
  EXPECT_EQ(clock::now() - start, 4s);
}

ASYNC_TEST(gather, cancelled_while_a_child_fails_throws_the_error_and_stays_due) {
  std::string trace;
  auto answers_with_error = []() -> awaitable<void> {
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) { throw std::runtime_error("cleanup"); }
  };
  auto t = spawn([&]() -> awaitable<void> {
    try {
      co_await gather(answers_with_error(), nap(forever));
    } catch (const std::runtime_error& e) { trace += e.what(); }
    co_await sleep(1s);
    trace += "never";
  });
  co_await yield();
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(trace, "cleanup");
  EXPECT_TRUE(t.cancelled());
}

// As in asyncio: what is left of a cancellation that every child swallowed is the gather's own.
ASYNC_TEST(gather, cancelled_is_cancelled_even_if_the_children_return) {
  auto stubborn = []() -> awaitable<int> {
    try {
      co_await sleep(forever);
    } catch (const cancelled_error&) {}
    co_return 3;
  };
  const auto as_tuple = [&]() -> awaitable<void> { co_await gather(stubborn(), stubborn()); };
  const auto as_vector = [&]() -> awaitable<void> {
    std::vector<awaitable<int>> work;
    work.push_back(stubborn());
    co_await gather(std::move(work));
  };
  const auto settled = [&]() -> awaitable<void> { co_await gather_settled(stubborn()); };
  std::vector<std::function<awaitable<void>()>> forms;
  forms.emplace_back(as_tuple);
  forms.emplace_back(as_vector);
  forms.emplace_back(settled);
  for (const auto& form : forms) {
    bool struck = false;
    auto t = spawn([&]() -> awaitable<void> {
      try {
        co_await form();
      } catch (const cancelled_error&) { struck = true; }
      co_await sleep(1s);  // the request is used up
    });
    co_await yield();
    t.cancel();
    co_await t.wait();
    EXPECT_TRUE(struck);
    EXPECT_FALSE(t.cancelled());
    EXPECT_EQ(t.cancelling(), 1U);
  }
}

ASYNC_TEST(gather, whose_children_have_ended_before_the_cancellation_delivers) {
  int got = 0;
  event go;
  auto child = [&]() -> awaitable<int> {
    co_await go.wait();
    co_return 3;
  };
  auto t = spawn([&]() -> awaitable<void> {
    const auto [a, b] = co_await gather(child(), child());
    got = a + b;
    co_await sleep(1s);
  });
  co_await yield();
  go.set();
  co_await yield();  // both have ended, and the gather is woken
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(got, 6);
  EXPECT_TRUE(t.cancelled()) << "the request strikes at the next wait";
}

ASYNC_TEST(gather, due_to_be_cancelled_enters_no_child_and_strikes) {
  std::string trace;
  task<void> t;
  t = spawn([&]() -> awaitable<void> {
    t.cancel();
    co_await gather(trace_cancel(trace, 1s), trace_cancel(trace, 1s));
  });
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(trace, "");
}

ASYNC_TEST(gather, cancelled_by_its_own_child_during_the_start) {
  std::string trace;
  task<void> t;
  auto cancels_parent = [&]() -> awaitable<void> {
    t.cancel();
    co_return;
  };
  t = spawn([&]() -> awaitable<void> {
    co_await gather(trace_cancel(trace, 1s), cancels_parent(), trace_cancel(trace, 1s));
  });
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(trace, "in out ");
}

ASYNC_TEST(gather, a_child_that_ends_cancelled_by_itself_cancels_the_others) {
  std::string trace;
  auto other = spawn(nap, forever);
  co_await yield();
  auto joins = [&]() -> awaitable<void> { co_await other; };
  auto canceller = spawn([&]() -> awaitable<void> {
    co_await sleep(1s);
    other.cancel();
  });
  bool cancelled = false;
  try {
    co_await gather(trace_cancel(trace, 1s), joins());
  } catch (const cancelled_error&) { cancelled = true; }
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(trace, "in out ");
  EXPECT_EQ(this_task::cancelling(), 0U);
  co_await canceller;
}

ASYNC_TEST(gather, gives_each_child_an_identity_of_its_own) {
  auto expires = [](clock::duration d) -> awaitable<bool> {
    co_return co_await move_on_after(d, []() -> awaitable<void> { co_await sleep(5s); });
  };
  const auto [a, b, c] = co_await gather(expires(1s), expires(10s), expires(2s));
  EXPECT_FALSE(a);
  EXPECT_TRUE(b);
  EXPECT_FALSE(c);
}

ASYNC_TEST(gather, nests) {
  auto inner = [](int n) -> awaitable<int> {
    const auto [a, b] = co_await gather(after(1s, n), after(2s, n + 1));
    co_return a + b;
  };
  const auto start = clock::now();
  const auto [x, y] = co_await gather(inner(1), inner(10));
  EXPECT_EQ(x, 3);
  EXPECT_EQ(y, 21);
  EXPECT_EQ(clock::now() - start, 2s);
}

ASYNC_TEST(gather, works_after_any_number_of_ready_awaits) {
  auto nothing = []() -> awaitable<void> { co_return; };
  for (int spent = 245; spent != 260; ++spent) {
    co_await yield();
    for (int i = 0; i != spent; ++i) co_await nothing();
    const auto [a, b] = co_await gather(after(1s, 1), after(0s, 2));
    EXPECT_EQ(a + b, 3) << spent;
  }
}

TEST(gather, is_destroyed_with_its_loop_where_it_waits) {
  semaphore s{1};
  semaphore other{1};
  auto hold = [](semaphore& held) -> awaitable<void> {
    const auto permit = co_await held.acquire();
    co_await sleep(forever);
  };
  {
    loop l;
    auto t =
        l.spawn([&]() -> awaitable<void> { co_await gather(hold(s), hold(s), hold(other), hold(other)); });
    l.run_until(l.spawn(nap, 1ms));
    EXPECT_FALSE(t.done());
  }
  EXPECT_EQ(s.available(), 1U);
  EXPECT_EQ(other.available(), 1U);
}

}  // namespace bight::gather_test
