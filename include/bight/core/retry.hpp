// retry: work that may fail, tried again.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/cancel.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/detail/timeout_scope.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/retry_budget.hpp>
#include <bight/core/sleep.hpp>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight {

/// True for errors that may be gone at the next attempt: a boost::system::system_error whose code is
/// `bight::transient` (<bight/core/error.hpp>), timeout_error among them. Not: cancellation,
/// std::logic_error, std::runtime_error and all others. What `retry` asks by default.
bool is_transient(const std::exception_ptr& error) noexcept;

/// How often, how long and on what to try again. Setters return the policy:
///
///     bight::retry_policy policy;
///     policy.attempts(5).backoff(100ms, 10s).attempt_timeout(2s).max_elapsed(30s);
///
/// Copy it freely: copies share nothing but the budget. Errors: std::invalid_argument, with the value, for
/// settings that make no sense.
class retry_policy {
 public:
  using error_predicate = std::function<bool(const std::exception_ptr& error)>;
  using delay_reader = std::function<std::optional<clock::duration>(const std::exception_ptr& error)>;
  using observer =
      std::function<void(unsigned attempt, clock::duration delay, const std::exception_ptr& error)>;

  /// 3 attempts, backoff from 100 ms to 10 s, no other limits.
  retry_policy() = default;

  /// At most `n` attempts, the first one included.
  retry_policy& attempts(unsigned n);
  /// Before attempt k + 1 wait a random time from zero to `initial * factor^(k - 1)`, at most `longest`
  /// ("full jitter": clients that failed together do not come back together).
  retry_policy& backoff(clock::duration initial, clock::duration longest, double factor = 2);
  /// Random numbers from [0, 1) for the backoff, for reproducible runs; by default a generator per thread.
  retry_policy& random(std::function<double()> source);
  /// Each attempt that takes longer than `d` fails with timeout_error, which is retried.
  retry_policy& attempt_timeout(clock::duration d);
  /// No retry begins later than `d` after the first attempt, or later than `t`. The wait before it is not
  /// begun either: the error is thrown at once. An attempt that runs is not cut short: that is what `timeout`
  /// does.
  retry_policy& max_elapsed(clock::duration d);
  retry_policy& deadline(clock::time_point t);
  /// Which errors are tried again, instead of `is_transient`. Never asked about cancellation.
  retry_policy& retry_if(error_predicate worth_it);
  /// Tries errors of type E again, too, whatever else decides.
  ///
  ///     bight::retry_policy policy;
  ///     policy.retry_on<std::out_of_range>().retry_on<std::bad_alloc>();
  template <class E>
  retry_policy& retry_on() {
    static_assert(!std::is_same_v<E, cancelled_error>, "a cancellation is never retried");
    types_.push_back(&is<E>);
    return *this;
  }
  /// Reads from the error how long the server wants to be left alone (HTTP's Retry-After); that replaces the
  /// backoff. More than `longest`: the error is thrown at once.
  retry_policy& retry_after(delay_reader read, clock::duration longest = std::chrono::hours(1));
  /// Called before each wait, for logs: the attempt that failed, counted from 1, the wait, and why.
  retry_policy& on_retry(observer tell);
  /// Retries are taken from `b`, which is shared by all who use the same service; when it is empty the error
  /// is thrown at once. `b` must outlive the calls.
  retry_policy& budget(retry_budget& b);

 private:
  friend class retry_run;
  bool worth_it(const std::exception_ptr& error) const;

  clock::duration initial_ = std::chrono::milliseconds(100);
  clock::duration longest_ = std::chrono::seconds(10);
  double factor_ = 2;
  unsigned attempts_ = 3;
  clock::duration attempt_timeout_ = forever;
  clock::duration max_elapsed_ = forever;
  clock::duration longest_retry_after_ = forever;
  clock::time_point deadline_ = clock::time_point::max();
  retry_budget* budget_ = nullptr;
  std::function<double()> random_;
  error_predicate worth_it_;
  std::vector<bool (*)(const std::exception_ptr&) noexcept> types_;
  delay_reader read_delay_;
  observer tell_;
};

/// One call that is retried: decides after each failure. For retry loops of your own; `retry` is one.
///
///     bight::retry_run run{policy};
///     ...
///     co_await bight::sleep(run.next(error));        // throws `error` when it is not to be tried again
class retry_run {
 public:
  /// The first attempt begins now. `policy` must outlive it.
  explicit retry_run(const retry_policy& policy);
  /// How long to wait before the next attempt. Throws `error` itself, the same object, if there is none.
  clock::duration next(const std::exception_ptr& error);
  /// The attempt that runs, counted from 1.
  unsigned attempt() const noexcept { return attempt_; }
  clock::duration attempt_timeout() const noexcept { return policy_->attempt_timeout_; }

 private:
  std::optional<clock::duration> delay(const std::exception_ptr& error) const;

  const retry_policy* policy_;
  clock::time_point last_start_;
  unsigned attempt_ = 1;
};

/// Awaits `f()`, and again after an error that is worth it, as `policy` says. Returns what the attempt that
/// succeeded returned.
///
///     bight::retry_policy policy;
///     policy.attempts(5).max_elapsed(30s);
///     auto page = co_await bight::retry(policy, [&] { return client.get(url); });
///
/// `f` is kept and called once per attempt; it must be prepared for the last attempt having worked although
/// it failed. Errors: the last attempt's, the same exception object. Cancellation: at once, in an attempt as
/// in a wait; once the task was asked to stop, also by a timeout around the retry, nothing is tried again,
/// whatever error the attempt made of it.
template <class F>
  requires detail::awaitable_type<std::invoke_result_t<F&>>
awaitable<detail::await_result_t<std::invoke_result_t<F&>>> retry(retry_policy policy, F f) {
  using result = detail::await_result_t<std::invoke_result_t<F&>>;
  detail::task_awaiter self;
  auto& task = co_await self;
  const auto level = task.handled_cancelling();
  retry_run run(policy);
  while (true) {
    std::exception_ptr error;
    try {
      detail::timeout_scope scope{run.attempt_timeout()};
      detail::bounded_awaiter<result> attempt{scope, detail::to_awaitable(f())};
      co_return co_await attempt;
    } catch (...) { error = std::current_exception(); }
    if (task.visible_cancelling() > level) std::rethrow_exception(error);
    const auto delay = run.next(error);
    error = nullptr;
    co_await sleep(delay);
  }
}

}  // namespace bight
