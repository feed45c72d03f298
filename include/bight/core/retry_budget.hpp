// retry_budget: a limit on retries that many callers share.
#pragma once
#include <bight/core/detail/pimpl.hpp>
#include <bight/core/rate_limiter.hpp>
#include <cstdint>

namespace bight {

/// Limits retries to a share of all calls, so that a failing service does not get a multiple of its usual
/// load (as in Finagle and userver).
///
///     bight::retry_budget budget;      // one retry per ten calls, and one a second in any case
///     policy.budget(budget);
///
/// Each call deposits `ratio` of a retry, each retry withdraws one; at most `max_saved` are saved. If none is
/// saved, `per_second` retries per second are allowed, so that rare calls can be retried at all. Concurrency:
/// one loop at a time. Errors: std::invalid_argument for a ratio outside 0 to 1,000 and for rates that are
/// negative or too large.
class retry_budget {
 public:
  explicit retry_budget(double ratio = 0.1, double per_second = 1, double max_saved = 100);
  retry_budget(const retry_budget&) = delete;
  retry_budget& operator=(const retry_budget&) = delete;
  ~retry_budget() = default;

  /// Records a call. Called by `retry`.
  void deposit() noexcept;
  /// Takes a retry from the budget. Returns false if it is exhausted. Called by `retry`.
  [[nodiscard]] bool withdraw() noexcept;
  /// The number of saved retries, without the per-second ones.
  double saved() const noexcept;
  /// The number of refused retries.
  std::uint64_t refused() const noexcept { return refused_; }

 private:
  // In millionths of a retry: ten deposits of 0.1 are exactly one.
  std::int64_t ratio_;
  std::int64_t most_;
  std::int64_t saved_ = 0;
  std::uint64_t refused_ = 0;
  detail::pimpl<rate_limiter> free_;
};

}  // namespace bight
