#include <bight/service/job.hpp>

#include <algorithm>
#include <bight/core/cancel.hpp>
#include <bight/core/event.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <bight/core/timeout.hpp>
#include <exception>
#include <optional>
#include <stdexcept>

#include "service/schedule.hpp"

namespace bight {

using job_function = detail::job_maker::function;

class job::impl {
 public:
  impl(std::unique_ptr<detail::schedule> s, job_function f, const job_options& options)
      : schedule_(std::move(s)), f_(std::move(f)), options_(options) {}

  awaitable<void> run();
  void stop() { stopped_.set(); }
  const std::string& last_error() const noexcept { return last_error_; }
  std::string unfinished() const;
  bool one_shot() const noexcept { return schedule_->once(); }

  std::size_t runs = 0;
  std::size_t failures = 0;

 private:
  clock::duration base();
  awaitable<bool> wait_until(clock::duration due);
  awaitable<void> run_once();

  std::unique_ptr<detail::schedule> schedule_;
  job_function f_;
  job_options options_;
  event stopped_;
  clock::duration last_due_{};
  std::size_t behind_ = 0;  // runs in a row that made up for a missed time
  std::optional<clock::time_point> running_since_;
  std::string last_error_;
};

awaitable<void> job::impl::run() {
  schedule_->begin();
  last_due_ = schedule_->now();
  if (options_.run_at_start && !stopped_.is_set()) co_await run_once();
  while (!stopped_.is_set()) {
    const auto due = schedule_->next(base());
    if (!due) co_return;
    const bool is_due = co_await wait_until(*due);
    if (!is_due) co_return;
    last_due_ = *due;
    co_await run_once();
  }
}

// The time after which the next one is looked for.
clock::duration job::impl::base() {
  const auto now = schedule_->now();
  if (!options_.catch_up || schedule_->once()) return std::max(last_due_, now);
  const auto missed = schedule_->next(last_due_);
  behind_ = missed && *missed <= now ? behind_ + 1 : 0;
  if (behind_ <= options_.max_catch_up) return last_due_;
  log(log_level::warning, "bight: " + schedule_->description() + ": more than " +
                              std::to_string(options_.max_catch_up) +
                              " runs were missed; the others are skipped");
  behind_ = 0;
  return std::max(last_due_, now);
}

// The system time may be changed meanwhile, and a sleeping machine does not count; so it is looked at again.
awaitable<bool> job::impl::wait_until(clock::duration due) {
  constexpr clock::duration longest = std::chrono::seconds{30};
  auto left = due - schedule_->now();
  while (left > clock::duration::zero()) {
    const auto pause = schedule_->steady() ? left : std::min(left, longest);
    const bool stopped = co_await move_on_after(pause, [&] { return stopped_.wait(); });
    if (stopped) co_return false;
    left = due - schedule_->now();
  }
  co_return !stopped_.is_set();
}

awaitable<void> job::impl::run_once() {
  ++runs;
  running_since_ = clock::now();
  std::exception_ptr error;
  try {
    co_await timeout(options_.run_timeout, [this] { return f_(); });
  } catch (const cancelled_error&) {
    if (this_task::cancelling() != 0) throw;
    error = std::current_exception();  // of something that the run awaited
  } catch (...) { error = std::current_exception(); }
  running_since_.reset();
  last_error_ = error ? describe(error) : std::string{};
  if (!error) co_return;
  ++failures;
  if (options_.fail_on_error) std::rethrow_exception(error);
  log(log_level::error, "bight: the job " + schedule_->description() + " failed: " + last_error_);
}

std::string job::impl::unfinished() const {
  if (!running_since_) return {};
  return "a run of " + schedule_->description() + ", since " +
         detail::seconds_text(clock::now() - *running_since_);
}

job::job(std::unique_ptr<impl> i) noexcept : impl_(std::move(i)) {}
job::job(job&&) noexcept = default;
job& job::operator=(job&&) noexcept = default;
job::~job() = default;

namespace detail {

job job_maker::every(clock::duration interval, function f, const job_options& options) {
  return job{std::make_unique<job::impl>(every_interval(interval), std::move(f), options)};
}
job job_maker::daily(clock::duration time_of_day, function f, const job_options& options) {
  return job{std::make_unique<job::impl>(every_day(time_of_day, options.zone), std::move(f), options)};
}
job job_maker::at(wall_clock::time_point when, function f, const job_options& options) {
  return job{std::make_unique<job::impl>(at_a_date(when), std::move(f), options)};
}
job job_maker::cron(std::string_view expression, function f, const job_options& options) {
  cron_schedule times{expression, options.zone};
  auto description = "cron '" + times.expression() + "'";
  return job{
      std::make_unique<job::impl>(at_times(std::move(times), std::move(description)), std::move(f), options)};
}

}  // namespace detail

awaitable<void> job::run() { return impl_->run(); }
void job::stop() { impl_->stop(); }
health_status job::health() const {
  if (impl_->last_error().empty()) return {};
  return "the last run failed: " + impl_->last_error();
}
std::string job::unfinished() const { return impl_->unfinished(); }
bool job::one_shot() const noexcept { return impl_->one_shot(); }
std::size_t job::runs() const noexcept { return impl_->runs; }
std::size_t job::failures() const noexcept { return impl_->failures; }

}  // namespace bight
