#include <bight/core/retry.hpp>

#include <fmt/format.h>
#include <algorithm>
#include <bight/core/cancel.hpp>
#include <bight/core/deadline.hpp>
#include <bight/core/error.hpp>
#include <cmath>
#include <random>
#include <stdexcept>

namespace bight {

namespace {

[[noreturn]] void refuse_policy(const std::string& what) {
  throw std::invalid_argument("bight: retry_policy: " + what);
}

void require_positive(clock::duration d, const char* name) {
  if (d <= clock::duration::zero())
    refuse_policy(fmt::format("{} must be above 0, not {} ns", name, d.count()));
}

double random_number() {
  thread_local std::mt19937_64 generator{[] {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) ^ device();
  }()};
  return std::uniform_real_distribution<double>{}(generator);
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

retry_policy& retry_policy::backoff(clock::duration initial, clock::duration longest, double factor) {
  if (initial < clock::duration::zero())
    refuse_policy(fmt::format("the backoff must not be negative, but begins with {} ns", initial.count()));
  if (longest < initial)
    refuse_policy(fmt::format("the longest backoff, {} ns, is shorter than the initial one, {} ns",
                              longest.count(), initial.count()));
  if (!(factor >= 1) || std::isinf(factor))
    refuse_policy(fmt::format("the backoff's factor must be a number of at least 1, not {}", factor));
  initial_ = initial;
  longest_ = longest;
  factor_ = factor;
  return *this;
}

retry_policy& retry_policy::random(std::function<double()> source) {
  random_ = std::move(source);
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

retry_policy& retry_policy::retry_if(error_predicate worth_it) {
  worth_it_ = std::move(worth_it);
  return *this;
}

bool retry_policy::worth_it(const std::exception_ptr& error) const {
  const auto is = [&error](bool (*type)(const std::exception_ptr&) noexcept) { return type(error); };
  if (std::any_of(types_.begin(), types_.end(), is)) return true;
  return worth_it_ ? worth_it_(error) : is_transient(error);
}

retry_policy& retry_policy::retry_after(delay_reader read, clock::duration longest) {
  require_positive(longest, "the longest retry_after");
  read_delay_ = std::move(read);
  longest_retry_after_ = longest;
  return *this;
}

retry_policy& retry_policy::on_retry(observer tell) {
  tell_ = std::move(tell);
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
      if (*asked > p.longest_retry_after_) return std::nullopt;
      return std::max(*asked, clock::duration::zero());
    }
  }
  if (p.initial_ == clock::duration::zero()) return clock::duration::zero();
  const auto most = std::min(static_cast<double>(p.longest_.count()),
                             static_cast<double>(p.initial_.count()) * std::pow(p.factor_, attempt_ - 1));
  const auto drawn = p.random_ ? p.random_() : random_number();
  const auto share = drawn > 0 ? std::min(drawn, 1.0) : 0.0;
  const auto wait = std::min(most * share, 9.2e18);  // what an int64 holds
  return clock::duration{static_cast<clock::rep>(wait)};
}

clock::duration retry_run::next(const std::exception_ptr& error) {
  const auto& p = *policy_;
  if (attempt_ >= p.attempts_ || is<cancelled_error>(error)) std::rethrow_exception(error);
  if (!p.worth_it(error)) std::rethrow_exception(error);
  const auto wait = delay(error);
  if (!wait || detail::deadline_after(clock::now(), *wait) > last_start_) std::rethrow_exception(error);
  if (p.budget_ && !p.budget_->withdraw()) std::rethrow_exception(error);
  if (p.tell_) p.tell_(attempt_, *wait, error);
  ++attempt_;
  return *wait;
}

}  // namespace bight
