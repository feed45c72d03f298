// retry: repeats an operation that failed.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/backoff.hpp>
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

/// Whether a retry may succeed: a boost::system::system_error whose code is `bight::transient`
/// (<bight/core/error.hpp>), including timeout_error. Not: cancellation and all other exceptions. The default
/// condition of `retry`.
bool is_transient(const std::exception_ptr& error) noexcept;

/// How often, how long and after which errors to retry. Setters return the policy:
///
///     bight::retry_policy policy;
///     policy.attempts(5).backoff(100ms, 10s).attempt_timeout(2s).max_elapsed(30s);
///
/// Copyable; copies share only the budget. Errors: std::invalid_argument, with the value, for settings that
/// make no sense.
class retry_policy {
 public:
  using error_predicate = std::function<bool(const std::exception_ptr& error)>;
  using delay_reader = std::function<std::optional<clock::duration>(const std::exception_ptr& error)>;
  using observer =
      std::function<void(unsigned attempt, clock::duration delay, const std::exception_ptr& error)>;

  /// 3 attempts, a backoff of 100 ms to 10 s, no other limits.
  retry_policy() = default;

  /// The maximum number of attempts, including the first.
  retry_policy& attempts(unsigned n);
  /// The delay after attempt k is random, from zero to `initial * factor^(k - 1)`, at most `max_delay` ("full
  /// jitter"): see bight::backoff.
  retry_policy& backoff(clock::duration initial, clock::duration max_delay, double factor = 2);
  /// Same with a backoff object, for other kinds of jitter.
  retry_policy& backoff(bight::backoff b);
  /// The source of random numbers in [0, 1) for the backoff, for reproducible runs. Default: a generator per
  /// thread.
  retry_policy& random(std::function<double()> source);
  /// The timeout of an attempt. It fails with timeout_error, which is retried.
  retry_policy& attempt_timeout(clock::duration d);
  /// No retry starts later than `d` after the first attempt, or later than `t`. If the delay would end later,
  /// the error is thrown immediately. A running attempt is not interrupted; use `timeout` for that.
  retry_policy& max_elapsed(clock::duration d);
  retry_policy& deadline(clock::time_point t);
  /// The condition for retrying an error, instead of `is_transient`. Not called for cancellation.
  retry_policy& retry_if(error_predicate retryable);
  /// Also retries errors of type E, whatever the condition.
  ///
  ///     bight::retry_policy policy;
  ///     policy.retry_on<std::out_of_range>().retry_on<std::bad_alloc>();
  template <class E>
  retry_policy& retry_on() {
    static_assert(!std::is_same_v<E, cancelled_error>, "a cancellation is never retried");
    types_.push_back(&is<E>);
    return *this;
  }
  /// Extracts from the error the delay that the server requested (HTTP's Retry-After), which replaces the
  /// backoff. If it exceeds `max_delay`, the error is thrown immediately.
  retry_policy& retry_after(delay_reader read, clock::duration max_delay = std::chrono::hours(1));
  /// Sets a function that is called before each delay, for logging: the failed attempt, counted from 1, the
  /// delay, and the error.
  retry_policy& on_retry(observer f);
  /// Takes retries from `b`, which is shared by all callers of a service; if it is exhausted, the error is
  /// thrown immediately. Lifetime: `b` must outlive the calls.
  retry_policy& budget(retry_budget& b);

 private:
  friend class retry_run;
  bool is_retryable(const std::exception_ptr& error) const;

  bight::backoff backoff_;
  unsigned attempts_ = 3;
  clock::duration attempt_timeout_ = forever;
  clock::duration max_elapsed_ = forever;
  clock::duration max_retry_after_ = forever;
  clock::time_point deadline_ = clock::time_point::max();
  retry_budget* budget_ = nullptr;
  error_predicate retryable_;
  std::vector<bool (*)(const std::exception_ptr&) noexcept> types_;
  delay_reader read_delay_;
  observer on_retry_;
};

/// The state of one retried call. For your own retry loops; `retry` is one.
///
///     bight::retry_run run{policy};
///     ...
///     co_await bight::sleep(run.next(error));        // throws `error` when it is not to be tried again
class retry_run {
 public:
  /// Starts the first attempt. Lifetime: `policy` must outlive it.
  explicit retry_run(const retry_policy& policy);
  /// The delay before the next attempt. Throws `error` itself, the same object, if there is none.
  clock::duration next(const std::exception_ptr& error);
  /// The current attempt, counted from 1.
  unsigned attempt() const noexcept { return attempt_; }
  clock::duration attempt_timeout() const noexcept { return policy_->attempt_timeout_; }

 private:
  std::optional<clock::duration> delay(const std::exception_ptr& error) const;

  const retry_policy* policy_;
  clock::time_point last_start_;
  unsigned attempt_ = 1;
};

/// Awaits `f()`, and repeats it after errors as `policy` specifies. Returns the result of the successful
/// attempt.
///
///     bight::retry_policy policy;
///     policy.attempts(5).max_elapsed(30s);
///     auto page = co_await bight::retry(policy, [&] { return client.get(url); });
///
/// `f` is stored and called once per attempt; it must tolerate that a failed attempt may have taken effect.
/// Errors: that of the last attempt, the same exception object. Cancellation: immediate, in an attempt or a
/// delay. After a cancellation request, including one by an enclosing timeout, nothing is retried, whatever
/// error the attempt ended with.
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
