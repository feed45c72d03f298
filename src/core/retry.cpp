#include <bight/core/retry.hpp>

#include <fmt/format.h>
#include <algorithm>
#include <bight/core/cancel.hpp>
#include <bight/core/deadline.hpp>
#include <bight/core/error.hpp>
#include <stdexcept>

namespace bight {

namespace {

[[noreturn]] void refuse_policy(const std::string& what) {
  throw std::invalid_argument("bight: retry_policy: " + what);
}

void require_positive(clock::duration d, const char* name) {
  if (d <= clock::duration::zero())
    refuse_policy(fmt::format("{} must be greater than 0, not {} ns", name, d.count()));
}

}  // namespace

bool is_transient(const std::exception_ptr& error) noexcept {
  if (!error) return false;
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) { return e.code() == transient; } catch (...) {
    return false;
  }
}

retry_policy& retry_policy::attempts(unsigned n) {
  if (n == 0) refuse_policy("attempts must be at least 1, not 0");
  attempts_ = n;
  return *this;
}

retry_policy& retry_policy::backoff(clock::duration initial, clock::duration max_delay, double factor) {
  backoff_.set(initial, max_delay, factor);
  return *this;
}

retry_policy& retry_policy::backoff(bight::backoff b) {
  backoff_ = std::move(b);
  return *this;
}

retry_policy& retry_policy::random(std::function<double()> source) {
  backoff_.random(std::move(source));
  return *this;
}

retry_policy& retry_policy::attempt_timeout(clock::duration d) {
  require_positive(d, "attempt_timeout");
  attempt_timeout_ = d;
  return *this;
}

retry_policy& retry_policy::max_elapsed(clock::duration d) {
  require_positive(d, "max_elapsed");
  max_elapsed_ = d;
  return *this;
}

retry_policy& retry_policy::deadline(clock::time_point t) {
  deadline_ = t;
  return *this;
}

retry_policy& retry_policy::retry_if(error_predicate retryable) {
  retryable_ = std::move(retryable);
  return *this;
}

bool retry_policy::is_retryable(const std::exception_ptr& error) const {
  const auto is = [&error](bool (*type)(const std::exception_ptr&) noexcept) { return type(error); };
  if (std::any_of(types_.begin(), types_.end(), is)) return true;
  return retryable_ ? retryable_(error) : is_transient(error);
}

retry_policy& retry_policy::retry_after(delay_reader read, clock::duration max_delay) {
  require_positive(max_delay, "the maximum of retry_after");
  read_delay_ = std::move(read);
  max_retry_after_ = max_delay;
  return *this;
}

retry_policy& retry_policy::on_retry(observer f) {
  on_retry_ = std::move(f);
  return *this;
}

retry_policy& retry_policy::budget(retry_budget& b) {
  budget_ = &b;
  return *this;
}

retry_run::retry_run(const retry_policy& policy)
    : policy_(&policy),
      last_start_(std::min({policy.deadline_, current_deadline(),
                            detail::deadline_after(clock::now(), policy.max_elapsed_)})) {
  if (policy.budget_) policy.budget_->deposit();
}

// The wait before the next attempt; nothing if the server asks for too long a one.
std::optional<clock::duration> retry_run::delay(const std::exception_ptr& error) const {
  const auto& p = *policy_;
  if (p.read_delay_) {
    if (const auto asked = p.read_delay_(error)) {
      if (*asked > p.max_retry_after_) return std::nullopt;
      return std::max(*asked, clock::duration::zero());
    }
  }
  return p.backoff_.delay(attempt_);
}

clock::duration retry_run::next(const std::exception_ptr& error) {
  const auto& p = *policy_;
  if (attempt_ >= p.attempts_ || is<cancelled_error>(error)) std::rethrow_exception(error);
  if (!p.is_retryable(error)) std::rethrow_exception(error);
  const auto wait = delay(error);
  if (!wait || detail::deadline_after(clock::now(), *wait) > last_start_) std::rethrow_exception(error);
  if (p.budget_ && !p.budget_->withdraw()) std::rethrow_exception(error);
  if (p.on_retry_) p.on_retry_(attempt_, *wait, error);
  ++attempt_;
  return *wait;
}

}  // namespace bight
