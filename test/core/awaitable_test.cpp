// awaitable<T>: results, errors, laziness, lifetime, and a stack that does not grow.
#include <bight/core/awaitable.hpp>

#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace bight::awaitable_test {

using namespace std::chrono_literals;

// No default constructor, and not copyable.
class token {
 public:
  explicit token(int id) : id_(id) {}
  token(token&&) = default;
  token& operator=(token&&) = default;
  int id() const { return id_; }

 private:
  int id_;
};

// Counts objects that are alive.
class counted {
 public:
  explicit counted(int& alive) : alive_(&alive) { ++*alive_; }
  counted(const counted& other) : alive_(other.alive_) { ++*alive_; }
  counted& operator=(const counted&) = delete;
  ~counted() { --*alive_; }

 private:
  int* alive_;
};

awaitable<int> one() { co_return 1; }
awaitable<void> nothing() { co_return; }
awaitable<token> make_token(int id) { co_return token{id}; }
awaitable<std::unique_ptr<int>> make_unique_int(int value) { co_return std::make_unique<int>(value); }
awaitable<int&> same(int& value) { co_return value; }
awaitable<const std::string&> same_text(const std::string& text) { co_return text; }
awaitable<int> fails(std::string what) {
  if (!what.empty()) throw std::runtime_error(what);
  co_return 0;
}
awaitable<int> later(int value) {
  co_await yield();
  co_return value;
}
awaitable<void> keep(counted object, bool& entered) {
  entered = true;
  co_await yield();
  static_cast<void>(object);
}

static_assert(!std::is_copy_constructible_v<awaitable<int>>);
static_assert(std::is_nothrow_move_constructible_v<awaitable<int>>);
static_assert(!std::is_default_constructible_v<awaitable<int>>);

ASYNC_TEST(awaitable, gives_the_result) {
  const int value = co_await one();
  EXPECT_EQ(value, 1);
  const int late = co_await later(7);
  EXPECT_EQ(late, 7);
  co_await nothing();
}

ASYNC_TEST(awaitable, gives_move_only_results) {
  auto p = co_await make_unique_int(5);
  CO_ASSERT_TRUE(p);
  EXPECT_EQ(*p, 5);
}

ASYNC_TEST(awaitable, gives_results_without_default_constructor) {
  const token t = co_await make_token(3);
  EXPECT_EQ(t.id(), 3);
}

ASYNC_TEST(awaitable, gives_references_to_the_same_object) {
  int value = 1;
  int& got = co_await same(value);
  EXPECT_EQ(&got, &value);
  const std::string text = "text";
  const std::string& got_text = co_await same_text(text);
  EXPECT_EQ(&got_text, &text);
}

ASYNC_TEST(awaitable, does_nothing_before_it_is_awaited) {
  int alive = 0;
  bool entered = false;
  {
    const auto unused = keep(counted{alive}, entered);
    EXPECT_TRUE(unused.valid());
    EXPECT_EQ(alive, 1);
  }
  EXPECT_FALSE(entered);
  EXPECT_EQ(alive, 0);
  co_await nothing();
}

ASYNC_TEST(awaitable, destroys_its_parameters_when_it_has_ended) {
  int alive = 0;
  bool entered = false;
  co_await keep(counted(alive), entered);
  EXPECT_TRUE(entered);
  EXPECT_EQ(alive, 0);
}

ASYNC_TEST(awaitable, destroys_its_result_exactly_once) {
  int alive = 0;
  auto make = [&]() -> awaitable<counted> { co_return counted{alive}; };
  {
    const auto object = co_await make();
    EXPECT_EQ(alive, 1);
  }
  co_await make();
  EXPECT_EQ(alive, 0);
}

ASYNC_TEST(awaitable, move_assignment_destroys_the_old_coroutine) {
  int alive = 0;
  bool entered = false;
  auto first = keep(counted{alive}, entered);
  auto second = keep(counted{alive}, entered);
  EXPECT_EQ(alive, 2);
  first = std::move(second);
  EXPECT_EQ(alive, 1);
  EXPECT_FALSE(second.valid());
  co_await std::move(first);
  EXPECT_EQ(alive, 0);
  EXPECT_FALSE(first.valid());
}

// Flowing off the end of a coroutine that promises a value, at once or after a wait.
awaitable<int> forgets_to_return(bool waits, bool forget = true) {
  if (waits) co_await yield();
  if (!forget) co_return 1;
}

// The code that `work` throws, and the text.
template <class A>
awaitable<std::pair<boost::system::error_code, std::string>> failure_of(A work) {
  std::pair<boost::system::error_code, std::string> failure;
  try {
    static_cast<void>(co_await std::move(work));
  } catch (const boost::system::system_error& e) { failure = {e.code(), e.what()}; }
  co_return failure;
}

ASYNC_TEST(awaitable, without_a_value_at_its_end_throws_no_value) {
  for (const bool waits : {false, true}) {
    const auto [code, text] = co_await failure_of(forgets_to_return(waits));
    EXPECT_EQ(code, errc::no_value) << waits;
    EXPECT_THAT(text, ::testing::ContainsRegex("ended without co_return.*awaitable_test.cpp"));
    const auto spawned = co_await failure_of(spawn(forgets_to_return, waits, true));
    EXPECT_EQ(spawned.first, errc::no_value) << "spawn";
    const auto gathered =
        co_await failure_of(gather(forgets_to_return(waits), forgets_to_return(false, false)));
    EXPECT_EQ(gathered.first, errc::no_value) << "gather";
    const auto bounded = co_await failure_of(wait_for(forgets_to_return(waits), 1s));
    EXPECT_EQ(bounded.first, errc::no_value) << "wait_for";
    int sibling = 0;
    auto waits_long = [&]() -> awaitable<void> {
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) {
        ++sibling;
        throw;
      }
    };
    static_cast<void>(co_await failure_of(gather(waits_long(), forgets_to_return(waits))));
    EXPECT_EQ(sibling, 1) << "it is an error that cancels the others";
    const int value = co_await forgets_to_return(waits, false);
    EXPECT_EQ(value, 1);
  }
}

struct throws_at_the_end {
  throws_at_the_end() noexcept {}
  throws_at_the_end(const throws_at_the_end&) = delete;
  throws_at_the_end& operator=(const throws_at_the_end&) = delete;
  ~throws_at_the_end() noexcept(false) { throw std::runtime_error("the end"); }
};

ASYNC_TEST(awaitable, throws_what_leaves_the_body_after_co_return) {
  auto work = []() -> awaitable<std::shared_ptr<int>> {
    const throws_at_the_end local;
    co_return std::make_shared<int>(1);
  };
  std::string what;
  try {
    co_await work();
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "the end");
}

ASYNC_TEST(awaitable, throws_what_left_the_body) {
  std::string what;
  try {
    co_await fails("broken");
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "broken");
}

ASYNC_TEST(awaitable, throws_what_left_the_body_after_a_wait) {
  auto late = []() -> awaitable<void> {
    co_await sleep(1s);
    throw std::runtime_error("late");
  };
  std::string what;
  try {
    co_await late();
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "late");
}

ASYNC_TEST(awaitable, throws_things_that_are_no_exceptions_too) {
  auto odd = []() -> awaitable<int> {
    co_await yield();
    throw 17;
  };
  int caught = 0;
  try {
    co_await odd();
  } catch (int i) { caught = i; }
  EXPECT_EQ(caught, 17);
}

ASYNC_TEST(awaitable, awaited_twice_throws_logic_error) {
  auto work = one();
  const int first = co_await std::move(work);
  EXPECT_EQ(first, 1);
  EXPECT_FALSE(work.valid());
  bool threw = false;
  try {
    co_await std::move(work);
  } catch (const std::logic_error&) { threw = true; }
  EXPECT_TRUE(threw);
}

// Everything that takes an awaitable survives one that was awaited before, and leaves the task in order.
ASYNC_TEST(awaitable, awaited_before_is_refused_by_every_adapter) {
  auto work = nothing();
  co_await std::move(work);
  int refused = 0;
  try {
    co_await wait_for(std::move(work), 1s);
  } catch (const std::logic_error&) { ++refused; }
  try {
    co_await timeout(1s, [&]() -> awaitable<void> { return std::move(work); });
  } catch (const std::logic_error&) { ++refused; }
  try {
    co_await gather(std::move(work), nothing());
  } catch (const std::logic_error&) { ++refused; }
  try {
    co_await spawn([&]() -> awaitable<void> { return std::move(work); });
  } catch (const std::logic_error&) { ++refused; }
  EXPECT_EQ(refused, 4);
  co_await sleep(2s);  // walks the scopes of the task if a timer was left behind
  EXPECT_EQ(this_task::cancelling(), 0U);
}

ASYNC_TEST(awaitable, a_waiting_child_costs_one_turn_and_a_ready_one_none) {
  int turns = 0;
  bool stop = false;
  auto counter = spawn([&]() -> awaitable<void> {
    while (!stop) {
      ++turns;
      co_await yield();
    }
  });
  co_await yield();
  const int before = turns;
  for (int i = 0; i != 20; ++i) co_await one();
  EXPECT_EQ(turns, before);
  co_await later(1);
  EXPECT_EQ(turns, before + 1);
  stop = true;
  co_await counter;
}

ASYNC_TEST(awaitable, ten_million_ready_awaits_do_not_grow_the_stack) {
  long sum = 0;
  for (int i = 0; i != 10'000'000; ++i) sum += co_await one();
  EXPECT_EQ(sum, 10'000'000);
}

ASYNC_TEST(awaitable, many_awaits_that_wait_do_not_grow_the_stack) {
  long sum = 0;
  for (int i = 0; i != 200'000; ++i) sum += co_await later(1);
  EXPECT_EQ(sum, 200'000);
}

ASYNC_TEST(awaitable, a_task_that_is_always_ready_lets_others_run) {
  bool stop = false;
  auto other = spawn([&]() -> awaitable<void> {
    stop = true;
    co_return;
  });
  long spins = 0;
  while (!stop && spins < 100'000) spins += co_await one();
  EXPECT_TRUE(stop);
  EXPECT_LT(spins, 1'000);
  co_await other;
}

ASYNC_TEST(awaitable, a_cancellation_strikes_a_task_that_is_always_ready) {
  auto spinner = spawn([]() -> awaitable<void> {
    while (true) co_await one();
  });
  co_await yield();
  spinner.cancel();
  co_await spinner.wait();
  EXPECT_TRUE(spinner.cancelled());
}

awaitable<int> nest(int n) {
  if (n == 0) {
    co_await yield();
    co_return 0;
  }
  const int below = co_await nest(n - 1);
  co_return below + 1;
}

ASYNC_TEST(awaitable, nests_almost_ten_thousand_deep) {
  const int depth = co_await nest(9'990);
  EXPECT_EQ(depth, 9'990);
}

ASYNC_TEST(awaitable, deeper_than_ten_thousand_throws_recursion_error) {
  for (int round = 0; round != 2; ++round) {
    bool threw = false;
    try {
      co_await nest(20'000);
    } catch (const recursion_error& e) { threw = e.code() == errc::recursion; }
    EXPECT_TRUE(threw);
  }
}

ASYNC_TEST(awaitable, an_error_unwinds_a_deep_nest) {
  auto down = [](auto& self, int n) -> awaitable<void> {
    if (n == 0) {
      co_await yield();
      throw std::runtime_error("bottom");
    }
    co_await self(self, n - 1);
  };
  bool threw = false;
  try {
    co_await down(down, 2'000);
  } catch (const std::runtime_error&) { threw = true; }
  EXPECT_TRUE(threw);
}

awaitable<void> nest_in_gather(int n) {
  if (n != 0) co_await gather(nest_in_gather(n - 1));
}
awaitable<void> nest_in_timeout(int n) {
  if (n != 0) co_await timeout(1s, [&]() -> awaitable<void> { co_await nest_in_timeout(n - 1); });
}
awaitable<void> nest_in_wait_for(int n) {
  if (n != 0) co_await wait_for(nest_in_wait_for(n - 1), 1s);
}
awaitable<void> nest_in_group(int n) {
  if (n == 0) co_return;
  co_await task_group::run([&](task_group&) -> awaitable<void> { co_await nest_in_group(n - 1); });
}

// The error arrives bare, or inside as many groups as there were.
bool has_recursion_error(std::exception_ptr e) {
  while (true) {
    try {
      std::rethrow_exception(e);
    } catch (const recursion_error&) { return true; } catch (const exception_group& group) {
      if (group.errors().size() != 1) return false;
      e = group.errors().front();
    } catch (...) { return false; }
  }
}

awaitable<std::exception_ptr> error_of(awaitable<void> work) {
  try {
    co_await std::move(work);
  } catch (...) { co_return std::current_exception(); }
  co_return nullptr;
}

ASYNC_TEST(awaitable, recursion_through_gather_throws_recursion_error) {
  const auto error = co_await error_of(nest_in_gather(100'000));
  CO_ASSERT_TRUE(error);
  EXPECT_TRUE(has_recursion_error(error));
}

ASYNC_TEST(awaitable, recursion_through_timeout_throws_recursion_error) {
  const auto error = co_await error_of(nest_in_timeout(100'000));
  CO_ASSERT_TRUE(error);
  EXPECT_TRUE(has_recursion_error(error));
  const auto other = co_await error_of(nest_in_wait_for(100'000));
  CO_ASSERT_TRUE(other);
  EXPECT_TRUE(has_recursion_error(other));
}

ASYNC_TEST(awaitable, recursion_through_task_group_throws_recursion_error) {
  const auto error = co_await error_of(nest_in_group(100'000));
  CO_ASSERT_TRUE(error);
  EXPECT_TRUE(has_recursion_error(error));
}

TEST(awaitable, a_deep_nest_that_waits_is_destroyed_with_its_loop) {
  int alive = 0;
  auto down = [&](auto& self, int n) -> awaitable<void> {
    const counted here{alive};
    if (n == 0)
      co_await sleep(forever);
    else
      co_await self(self, n - 1);
  };
  {
    loop l;
    auto t = l.spawn([&]() -> awaitable<void> { co_await down(down, 5'000); });
    l.run_until(l.spawn([]() -> awaitable<void> { co_await sleep(1ms); }));
    EXPECT_EQ(alive, 5'001);
    EXPECT_FALSE(t.done());
  }
  EXPECT_EQ(alive, 0);
}

}  // namespace bight::awaitable_test
