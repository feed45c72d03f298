// every, at, cron: functions that are called periodically, as services.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/service/cron_schedule.hpp>
#include <bight/service/detail/service_model.hpp>
#include <bight/service/service.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace bight {

namespace detail {
struct job_maker;
}

/// Options of a job. Trivially copyable.
struct job_options {
  time_zone zone = time_zone::utc;  ///< Of `cron` and `at`.
  bool run_at_start = false;        ///< Also run once when the job starts.
  bool catch_up = false;            ///< Make up for each time that was missed, one run after the other ...
  std::size_t max_catch_up = 100;   ///< ... for at most so many; the rest is skipped, with a warning.
  clock::duration run_timeout = forever;  ///< Cancels a run that takes longer; counts as failed.
  /// The failure of a run ends the job, as a failed service. Default: it is logged, `health` reports it until
  /// a run succeeds, and the next run is as scheduled.
  bool fail_on_error = false;
};

/// A function that is called periodically: a service for service_host, or awaited with `run`. Made by
/// `every`, `at` and `cron`. Runs never overlap: times that come while a run is in progress are missed.
/// Concurrency: one loop. Move-only.
class job {
 public:
  job(job&&) noexcept;
  job& operator=(job&&) noexcept;
  ~job();

  /// Calls the function at its times. Returns after `stop`, or after the only run of a date. Cancellation:
  /// cancels a run in progress.
  awaitable<void> run();
  /// Starts no more runs; one in progress is completed.
  void stop();
  /// Whether the last run succeeded.
  health_status health() const;
  /// The run in progress; empty if there is none.
  std::string unfinished() const;
  /// Whether it runs once only, at a date.
  bool one_shot() const noexcept;

  /// The number of runs that have begun, and of those that have failed.
  std::size_t runs() const noexcept;
  std::size_t failures() const noexcept;

 private:
  friend struct detail::job_maker;
  class impl;
  explicit job(std::unique_ptr<impl> i) noexcept;

  std::unique_ptr<impl> impl_;
};

namespace detail {

struct job_maker {
  using function = unique_function<awaitable<void>()>;
  static job every(clock::duration interval, function f, const job_options& options);
  static job daily(clock::duration time_of_day, function f, const job_options& options);
  static job at(wall_clock::time_point when, function f, const job_options& options);
  static job cron(std::string_view expression, function f, const job_options& options);

  template <class F>
  static function erase(F f) {
    return [f = std::move(f)]() mutable { return call_either([&f] { return f(); }); };
  }
};

}  // namespace detail

/// Calls `f` after each `interval`: at fixed times counted from the start, however long the runs take. Not
/// affected by changes of the system time.
///
///     host.add("cleanup", bight::every(1h, remove_old_files));
///
/// `f` returns void or an awaitable. Errors: std::invalid_argument if the interval is not positive.
template <class Rep, class Period, class F>
job every(std::chrono::duration<Rep, Period> interval, F f, const job_options& options = {}) {
  return detail::job_maker::every(detail::to_duration(interval), detail::job_maker::erase(std::move(f)),
                                  options);
}

/// Calls `f` every day at a time of day.
///
///     host.add("report", bight::at(6h + 30min, send_report, {.zone = bight::time_zone::local}));
///
/// On days when the clocks change: see cron_schedule. Errors: std::invalid_argument unless it is a whole
/// minute of a day.
template <class Rep, class Period, class F>
job at(std::chrono::duration<Rep, Period> time_of_day, F f, const job_options& options = {}) {
  return detail::job_maker::daily(detail::to_duration(time_of_day), detail::job_maker::erase(std::move(f)),
                                  options);
}

/// Calls `f` once, at a date; immediately, if that has passed. A one-shot service.
template <class F>
job at(wall_clock::time_point when, F f, const job_options& options = {}) {
  return detail::job_maker::at(when, detail::job_maker::erase(std::move(f)), options);
}

/// Calls `f` at the times of a cron expression (see cron_schedule).
///
///     host.add("invoices", bight::cron("0 3 1 * *", send_invoices));
///
/// If the system time is set forward over several of its times, `f` is called once (with `catch_up`, for
/// each); if it is set back, times that have been served are not served again.
template <class F>
job cron(std::string_view expression, F f, const job_options& options = {}) {
  return detail::job_maker::cron(expression, detail::job_maker::erase(std::move(f)), options);
}

}  // namespace bight
