// retry_budget: a limit on retries that many callers share.
#pragma once
#include <bight/core/detail/pimpl.hpp>
#include <bight/core/rate_limiter.hpp>
#include <cstdint>

namespace bight {

/// Keeps retries to a share of all calls, so that a service that is down does not get several times its
/// usual load (as in Finagle and userver).
///
///     bight::retry_budget budget;      // one retry per ten calls, and one a second in any case
///     policy.budget(budget);
///
/// Each call pays `ratio` of a retry in, each retry takes one out; what is saved ends at `saved_at_most`.
/// When nothing is saved, `per_second` retries a second are free, so that rare calls can be retried at all.
/// Concurrency: one loop at a time. Errors: std::invalid_argument for a ratio outside 0 to 1,000, for
/// negative or absurd rates.
class retry_budget {
 public:
  explicit retry_budget(double ratio = 0.1, double per_second = 1, double saved_at_most = 100);
  retry_budget(const retry_budget&) = delete;
  retry_budget& operator=(const retry_budget&) = delete;
  ~retry_budget() = default;

  /// A call begins. `retry` does this.
  void deposit() noexcept;
  /// A retry is due: true if it may happen, and is paid for. `retry` does this.
  [[nodiscard]] bool withdraw() noexcept;
  /// How many retries are saved, without the free ones.
  double saved() const noexcept;
  /// How many retries were refused.
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
