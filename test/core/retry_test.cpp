// retry: how often, how long, on what; and never against a cancellation.
#include <bight/core/retry.hpp>

#include <bight/core/awaitable.hpp>
#include <bight/core/error.hpp>
#include <bight/core/queue.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/errc.hpp>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::retry_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

boost::system::system_error refused(const char* what = "refused") {
  return {make_error_code(boost::system::errc::connection_refused), what};
}

// Fails `failures` times, then gives the number of the attempt.
class flaky {
 public:
  explicit flaky(int failures, clock::duration each = 0s) : failures_(failures), each_(each) {}
  awaitable<int> operator()() {
    starts.push_back(clock::now());
    co_await sleep(each_);
    const int attempt = static_cast<int>(starts.size());
    if (attempt <= failures_) throw refused();
    co_return attempt;
  }
  std::vector<clock::time_point> starts;

 private:
  int failures_;
  clock::duration each_;
};

double always_most() { return 1; }

// A policy whose waits are the longest ones: 1 s, 2 s, 4 s ...
retry_policy seconds() {
  retry_policy p;
  p.attempts(4).backoff(1s, 1min).random(always_most);
  return p;
}

// The code of the system_error that `work` throws; no error if none.
template <class T>
awaitable<boost::system::error_code> code_of(awaitable<T> work) {
  try {
    (void)co_await std::move(work);
  } catch (const boost::system::system_error& e) { co_return e.code(); }
  co_return boost::system::error_code();
}

template <class F>
std::string refusal(F&& f) {
  try {
    f();
  } catch (const std::invalid_argument& e) { return e.what(); }
  return "none";
}

ASYNC_TEST(retry, returns_the_first_success) {
  flaky f{2};
  const auto start = clock::now();
  const int attempt = co_await retry(seconds(), std::ref(f));
  EXPECT_EQ(attempt, 3);
  EXPECT_THAT(f.starts, ElementsAre(start, start + 1s, start + 3s));
}

ASYNC_TEST(retry, without_a_failure_does_not_wait) {
  flaky f{0};
  const auto start = clock::now();
  retry_policy p;
  const int attempt = co_await retry(p, std::ref(f));
  EXPECT_EQ(attempt, 1);
  EXPECT_EQ(clock::now(), start);
}

ASYNC_TEST(retry, takes_results_of_every_kind) {
  int x = 0;
  const retry_policy p;
  int& ref = co_await retry(p, [&]() -> awaitable<int&> { co_return x; });
  EXPECT_EQ(&ref, &x);
  auto made =
      co_await retry(p, []() -> awaitable<std::unique_ptr<int>> { co_return std::make_unique<int>(3); });
  EXPECT_EQ(*made, 3);
  co_await retry(p, [] { return sleep(1s); });
  queue<int> q;
  q.try_put(4);
  const auto item = co_await retry(p, [&] { return q.get(); });
  EXPECT_EQ(item, 4);
}

ASYNC_TEST(retry, throws_the_last_error_as_it_is) {
  std::vector<std::exception_ptr> thrown;
  auto f = [&]() -> awaitable<void> {
    co_await yield();
    thrown.push_back(std::make_exception_ptr(refused("attempt")));
    std::rethrow_exception(thrown.back());
  };
  std::exception_ptr caught;
  try {
    co_await retry(seconds(), f);
  } catch (...) { caught = std::current_exception(); }
  EXPECT_EQ(thrown.size(), 4U);
  EXPECT_TRUE(caught == thrown.back());
}

ASYNC_TEST(retry, an_error_thrown_before_the_first_await_is_retried_too) {
  int calls = 0;
  auto f = [&]() -> detail::sleep_awaiter {
    if (++calls < 3) throw refused();
    return sleep(1s);
  };
  co_await retry(seconds(), f);
  EXPECT_EQ(calls, 3);
}

ASYNC_TEST(retry, backs_off_up_to_the_longest_wait) {
  flaky f{9};
  retry_policy p;
  p.attempts(6).backoff(1s, 5s, 3).random(always_most);
  const auto start = clock::now();
  const auto code = co_await code_of(retry(p, std::ref(f)));
  EXPECT_TRUE(code == boost::system::errc::connection_refused);
  EXPECT_THAT(f.starts, ElementsAre(start, start + 1s, start + 4s, start + 9s, start + 14s, start + 19s));
}

ASYNC_TEST(retry, the_wait_is_a_random_share_of_the_backoff) {
  std::vector<clock::duration> waits;
  std::mt19937_64 generator{1};
  retry_policy p;
  p.attempts(200)
      .backoff(1s, 1s)
      .random([&] { return std::uniform_real_distribution<double>{}(generator); })
      .on_retry([&](unsigned, clock::duration d, const std::exception_ptr&) { waits.push_back(d); });
  flaky f{199};
  co_await retry(p, std::ref(f));
  clock::duration sum{};
  for (const auto d : waits) {
    EXPECT_GE(d, 0s);
    EXPECT_LE(d, 1s);
    sum += d;
  }
  EXPECT_GT(sum, 80s);
  EXPECT_LT(sum, 120s);
}

ASYNC_TEST(retry, by_default_clients_that_failed_together_do_not_come_back_together) {
  std::vector<clock::duration> waits;
  retry_policy p;
  p.attempts(2).backoff(1h, 1h).on_retry(
      [&](unsigned, clock::duration d, const std::exception_ptr&) { waits.push_back(d); });
  for (int i = 0; i != 3; ++i) {
    flaky f{1};
    co_await retry(p, std::ref(f));
  }
  CO_ASSERT_EQ(waits.size(), 3U);
  EXPECT_FALSE(waits[0] == waits[1] && waits[1] == waits[2]);
}

ASYNC_TEST(retry, absurd_random_numbers_and_factors_stay_inside_the_limits) {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  for (const double number : {nan, -5.0, 7.0}) {
    retry_policy p;
    p.attempts(1'200).backoff(1s, 2s, 1e300).random([&] { return number; });
    flaky f{1'199};
    const auto start = clock::now();
    co_await retry(p, std::ref(f));
    EXPECT_LE(clock::now() - start, 2s * 1'199);
  }
  retry_policy none;
  none.attempts(1'200).backoff(0s, forever, 1e300);
  flaky f{1'199};
  const auto start = clock::now();
  co_await retry(none, std::ref(f));
  EXPECT_EQ(clock::now(), start);
}

ASYNC_TEST(retry, only_transient_errors_are_tried_again) {
  int calls = 0;
  bool logic = false;
  try {
    co_await retry(seconds(), [&]() -> awaitable<void> {
      ++calls;
      throw std::logic_error("bug");
      co_return;
    });
  } catch (const std::logic_error&) { logic = true; }
  EXPECT_TRUE(logic);
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(is_transient(std::make_exception_ptr(refused())));
  EXPECT_TRUE(is_transient(std::make_exception_ptr(timeout_error{})));
  EXPECT_FALSE(is_transient(std::make_exception_ptr(queue_shut_down{})));
  EXPECT_FALSE(is_transient(std::make_exception_ptr(recursion_error{})));
  EXPECT_FALSE(is_transient(std::make_exception_ptr(interrupt_error{2})));
  EXPECT_FALSE(is_transient(std::make_exception_ptr(std::runtime_error("?"))));
  EXPECT_FALSE(is_transient(std::make_exception_ptr(cancelled_error{cancel_reason::request, {}, "x"})));
  EXPECT_FALSE(is_transient(nullptr));
}

TEST(retry, of_the_systems_errors_those_of_connections_are_transient) {
  namespace errc = boost::system::errc;
  for (const auto code :
       {errc::connection_reset, errc::connection_refused, errc::connection_aborted, errc::broken_pipe,
        errc::timed_out, errc::host_unreachable, errc::network_unreachable, errc::network_down,
        errc::network_reset, errc::resource_unavailable_try_again}) {
    for (const auto* const category :
         {&boost::system::system_category(), &boost::system::generic_category()}) {
      const boost::system::error_code e(code, *category);
      EXPECT_TRUE(e == transient) << e.message();
      EXPECT_TRUE(is_transient(std::make_exception_ptr(boost::system::system_error(e)))) << e.message();
    }
  }
  for (const auto code :
       {errc::success, errc::no_such_file_or_directory, errc::permission_denied, errc::no_space_on_device,
        errc::invalid_argument, errc::operation_canceled, errc::address_in_use}) {
    const boost::system::error_code e(code, boost::system::system_category());
    EXPECT_FALSE(e == transient) << e.message();
  }
  EXPECT_EQ(make_error_condition(transient).message(), "transient error");
}

// A category of a user.
class library_category final : public boost::system::error_category {
 public:
  using error_category::equivalent;
  const char* name() const noexcept override { return "library"; }
  std::string message(int) const override { return "?"; }
  bool equivalent(int code, const boost::system::error_condition& condition) const noexcept override {
    return condition == transient ? code == 7 : boost::system::error_category::equivalent(code, condition);
  }
};

TEST(retry, asks_the_category_of_an_error) {
  static const library_category library;
  EXPECT_TRUE(boost::system::error_code(7, library) == transient);
  EXPECT_FALSE(boost::system::error_code(8, library) == transient);
}

ASYNC_TEST(retry, types_may_be_added) {
  int calls = 0;
  auto p = seconds();
  p.retry_on<std::out_of_range>().retry_on<int>();
  const auto fails = [&]() -> awaitable<void> {
    ++calls;
    if (calls == 1) throw std::out_of_range("once");
    if (calls == 2) throw 3;
    if (calls == 3) throw refused();
    throw std::runtime_error("never again");
    co_return;
  };
  std::string text;
  try {
    co_await retry(p, fails);
  } catch (const std::runtime_error& e) { text = e.what(); }
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(text, "never again");
}

ASYNC_TEST(retry, an_added_type_counts_beside_a_predicate) {
  int calls = 0;
  auto p = seconds();
  p.retry_if([](const std::exception_ptr&) { return false; }).retry_on<std::out_of_range>();
  const auto fails = [&]() -> awaitable<void> {
    ++calls;
    if (calls == 1) throw std::out_of_range("once");
    throw refused();
    co_return;
  };
  const auto code = co_await code_of(retry(p, fails));
  EXPECT_TRUE(code.failed());
  EXPECT_EQ(calls, 2);
}

ASYNC_TEST(retry, the_predicate_decides_instead) {
  int calls = 0;
  auto p = seconds();
  p.retry_if([](const std::exception_ptr& e) { return !is_transient(e); });
  try {
    co_await retry(p, [&]() -> awaitable<void> {
      if (++calls == 3) throw refused();
      throw std::runtime_error("strange");
      co_return;
    });
  } catch (const boost::system::system_error&) {}
  EXPECT_EQ(calls, 3);
}

ASYNC_TEST(retry, tells_of_each_wait_before_it_begins) {
  std::vector<std::string> told;
  auto p = seconds();
  p.on_retry([&](unsigned attempt, clock::duration delay, const std::exception_ptr& error) {
    EXPECT_TRUE(is_transient(error));
    told.push_back(std::to_string(attempt) + ": " + std::to_string(delay / 1s) + " s");
  });
  flaky f{9};
  const auto code = co_await code_of(retry(p, std::ref(f)));
  EXPECT_TRUE(code.failed());
  EXPECT_EQ(f.starts.size(), 4U);
  EXPECT_THAT(told, ElementsAre("1: 1 s", "2: 2 s", "3: 4 s"));
}

ASYNC_TEST(retry, never_waits_past_the_elapsed_time_or_the_deadline) {
  auto p = seconds();
  p.max_elapsed(3s);  // the third attempt begins exactly then
  flaky f{9};
  const auto start = clock::now();
  auto code = co_await code_of(retry(p, std::ref(f)));
  EXPECT_TRUE(code.failed());
  EXPECT_EQ(f.starts.size(), 3U);
  EXPECT_EQ(clock::now() - start, 3s);
  auto q = seconds();
  q.deadline(clock::now() + 3s - 1ns);
  flaky g{9};
  const auto second = clock::now();
  code = co_await code_of(retry(q, std::ref(g)));
  EXPECT_TRUE(code.failed());
  EXPECT_EQ(g.starts.size(), 2U);
  EXPECT_EQ(clock::now() - second, 1s);
  flaky slow{9, 1h};  // an attempt is not cut short
  code = co_await code_of(retry(p, std::ref(slow)));
  EXPECT_TRUE(code.failed());
  EXPECT_EQ(slow.starts.size(), 1U);
}

ASYNC_TEST(retry, an_attempt_that_takes_too_long_is_tried_again) {
  auto p = seconds();
  p.attempt_timeout(5s);
  int calls = 0;
  const auto start = clock::now();
  const int value = co_await retry(p, [&]() -> awaitable<int> {
    if (++calls == 1) co_await sleep(1h);
    co_return 7;
  });
  EXPECT_EQ(value, 7);
  EXPECT_EQ(clock::now() - start, 6s);
  calls = 0;
  const auto code = co_await code_of(retry(p, [&]() -> awaitable<void> {
    ++calls;
    co_await sleep(1h);
  }));
  EXPECT_TRUE(code == make_error_code(errc::timed_out));
  EXPECT_EQ(calls, 4);
}

ASYNC_TEST(retry, the_servers_wish_replaces_the_backoff) {
  auto p = seconds();
  std::optional<clock::duration> wish = 30s;
  p.retry_after([&](const std::exception_ptr&) { return wish; }, 1min);
  flaky f{1};
  auto start = clock::now();
  co_await retry(p, std::ref(f));
  EXPECT_EQ(clock::now() - start, 30s);
  wish = std::nullopt;
  flaky g{1};
  start = clock::now();
  co_await retry(p, std::ref(g));
  EXPECT_EQ(clock::now() - start, 1s);
  wish = -5s;
  flaky h{1};
  start = clock::now();
  co_await retry(p, std::ref(h));
  EXPECT_EQ(clock::now(), start);
  wish = 61s;  // more than we are willing to wait
  flaky i{1};
  const auto code = co_await code_of(retry(p, std::ref(i)));
  EXPECT_TRUE(code.failed());
  EXPECT_EQ(clock::now(), start);
}

ASYNC_TEST(retry, pays_from_the_budget) {
  retry_budget budget{0.5, 0};
  auto p = seconds();
  p.budget(budget);
  for (int i = 0; i != 3; ++i) {
    flaky f{0};
    co_await retry(p, std::ref(f));
  }
  flaky f{9};
  const auto code = co_await code_of(retry(p, std::ref(f)));
  EXPECT_TRUE(code.failed());
  EXPECT_EQ(f.starts.size(), 3U);  // 4 calls pay for 2 retries
  EXPECT_EQ(budget.refused(), 1U);
}

ASYNC_TEST(retry, cancelled_in_an_attempt_or_in_a_wait_ends_at_once) {
  for (const auto when : {500ms, 1500ms}) {
    flaky f{9, 1s};
    auto t = spawn([&]() -> awaitable<void> { (void)co_await retry(seconds(), std::ref(f)); });
    co_await sleep(when);
    t.cancel();
    co_await t.wait();
    EXPECT_TRUE(t.cancelled());
    EXPECT_EQ(f.starts.size(), 1U);
  }
}

ASYNC_TEST(retry, an_error_that_an_attempt_made_of_a_cancellation_is_not_retried) {
  int calls = 0;
  auto f = [&]() -> awaitable<void> {
    ++calls;
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) { throw refused("aborted"); }
  };
  bool thrown = false;
  auto t = spawn([&]() -> awaitable<void> {
    const auto code = co_await code_of(retry(seconds(), f));
    thrown = code.failed();
  });
  co_await sleep(1s);
  t.cancel();
  co_await t.wait();
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(thrown);
  EXPECT_FALSE(t.cancelled());
}

// The attempt awaits a task that somebody else cancels: nobody asked this one to stop.
ASYNC_TEST(retry, a_cancellation_is_never_retried_whatever_the_predicate_says) {
  int calls = 0;
  int asked = 0;
  retry_policy policy = seconds();
  policy.retry_if([&](const std::exception_ptr&) {
    ++asked;
    return true;
  });
  auto f = [&]() -> awaitable<void> {
    ++calls;
    auto other = spawn([]() -> awaitable<void> { co_await sleep(1h); });
    other.cancel();
    co_await other;
  };
  bool cancelled = false;
  try {
    co_await retry(policy, f);
  } catch (const cancelled_error&) { cancelled = true; }
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(this_task::cancelling(), 0U);
}

ASYNC_TEST(retry, a_timeout_around_it_is_not_retried) {
  flaky f{9, 2s};
  auto p = seconds();
  p.attempt_timeout(1h).retry_if([](const std::exception_ptr&) { return true; });
  const auto start = clock::now();
  const auto code = co_await code_of(wait_for(retry(p, std::ref(f)), 4s));
  EXPECT_TRUE(code == make_error_code(errc::timed_out));
  EXPECT_EQ(f.starts.size(), 2U);
  EXPECT_EQ(clock::now() - start, 4s);
}

ASYNC_TEST(retry, works_in_a_task_that_swallowed_a_cancellation_before) {
  flaky f{2};
  auto t = spawn([&]() -> awaitable<int> {
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {}
    co_return co_await retry(seconds(), std::ref(f));
  });
  co_await yield();
  t.cancel();
  const int attempt = co_await t;
  EXPECT_EQ(attempt, 3);
}

ASYNC_TEST(retry, refuses_settings_that_make_no_sense) {
  retry_policy p;
  EXPECT_THAT(refusal([&] { p.attempts(0); }), HasSubstr("attempts"));
  EXPECT_THAT(refusal([&] { p.backoff(-1s, 1s); }), HasSubstr("negative"));
  EXPECT_THAT(refusal([&] { p.backoff(2s, 1s); }), HasSubstr("less than"));
  EXPECT_THAT(refusal([&] { p.backoff(1s, 2s, 0.5); }), HasSubstr("0.5"));
  EXPECT_THAT(refusal([&] { p.backoff(1s, 2s, std::numeric_limits<double>::quiet_NaN()); }),
              HasSubstr("nan"));
  EXPECT_THAT(refusal([&] { p.attempt_timeout(0s); }), HasSubstr("attempt_timeout"));
  EXPECT_THAT(refusal([&] { p.max_elapsed(-1s); }), HasSubstr("max_elapsed"));
  EXPECT_THAT(refusal([&] { p.retry_after({}, 0s); }), HasSubstr("retry_after"));
  co_return;
}

}  // namespace bight::retry_test
