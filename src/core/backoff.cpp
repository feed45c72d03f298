#include <bight/core/backoff.hpp>

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>

namespace bight {
namespace {

[[noreturn]] void refuse_backoff(const std::string& what) {
  throw std::invalid_argument("bight: backoff: " + what);
}

}  // namespace

double detail::random_share() {
  thread_local std::mt19937_64 generator{[] {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) ^ device();
  }()};
  return std::uniform_real_distribution<double>{}(generator);
}

backoff::backoff(clock::duration initial, clock::duration max_delay, double factor) {
  set(initial, max_delay, factor);
}

backoff& backoff::set(clock::duration initial, clock::duration max_delay, double factor) {
  if (initial < clock::duration::zero())
    refuse_backoff(fmt::format("the initial delay must not be negative, but is {} ns", initial.count()));
  if (max_delay < initial)
    refuse_backoff(fmt::format("the maximum delay, {} ns, is less than the initial delay, {} ns",
                               max_delay.count(), initial.count()));
  if (!(factor >= 1) || std::isinf(factor))
    refuse_backoff(fmt::format("the factor must be a finite number of at least 1, not {}", factor));
  initial_ = initial;
  max_delay_ = max_delay;
  factor_ = factor;
  return *this;
}

backoff& backoff::jitter(double share) {
  if (!(share >= 0 && share <= 1))
    refuse_backoff(fmt::format("the jitter must be from 0 to 1, not {}", share));
  jitter_ = share;
  return *this;
}

backoff& backoff::random(std::function<double()> source) {
  random_ = std::move(source);
  return *this;
}

clock::duration backoff::delay(unsigned attempt) const {
  if (initial_ == clock::duration::zero()) return clock::duration::zero();
  const double exponent = attempt == 0 ? 0 : attempt - 1;
  const auto limit = std::min(static_cast<double>(max_delay_.count()),
                              static_cast<double>(initial_.count()) * std::pow(factor_, exponent));
  const auto drawn = random_ ? random_() : detail::random_share();
  const auto share = 1 - jitter_ + jitter_ * (drawn > 0 ? std::min(drawn, 1.0) : 0.0);
  const auto wait = std::min(limit * share, 9.2e18);  // fits an int64
  return clock::duration{static_cast<clock::rep>(wait)};
}

}  // namespace bight
