#include <bight/core/retry_budget.hpp>

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace bight {

namespace {

constexpr double unit = 1'000'000;

std::int64_t millionths(double value, double most, const char* name) {
  if (!(value >= 0) || value > most)
    throw std::invalid_argument(
        fmt::format("bight: retry_budget: {} must be from 0 to {}, not {}", name, most, value));
  return std::llround(value * unit);
}

}  // namespace

retry_budget::retry_budget(double ratio, double per_second, double max_saved)
    : ratio_(millionths(ratio, 1'000, "ratio")), most_(millionths(max_saved, 1e9, "max_saved")) {
  (void)millionths(per_second, 1e6, "per_second");
  if (per_second > 0) free_ = detail::pimpl(new rate_limiter(per_second, std::chrono::seconds(1)));
}

void retry_budget::deposit() noexcept { saved_ = std::min(saved_ + ratio_, most_); }

bool retry_budget::withdraw() noexcept {
  constexpr auto one = static_cast<std::int64_t>(unit);
  if (saved_ >= one) {
    saved_ -= one;
    return true;
  }
  if (free_ && free_->try_acquire()) return true;
  ++refused_;
  return false;
}

double retry_budget::saved() const noexcept { return static_cast<double>(saved_) / unit; }

}  // namespace bight
