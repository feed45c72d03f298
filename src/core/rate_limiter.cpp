#include <bight/core/rate_limiter.hpp>

#include <fmt/format.h>
#include <algorithm>
#include <bight/core/deadline.hpp>
#include <bight/core/error.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace bight {

namespace {

// All times are kept within 100 years, so that sums of a few spans cannot overflow.
constexpr std::int64_t horizon = std::chrono::nanoseconds(std::chrono::hours(24 * 36'525)).count();
constexpr std::int64_t parts_of_fractions = 1'000'000'000;

constexpr std::int64_t count(clock::time_point t) noexcept { return t.time_since_epoch().count(); }
constexpr clock::time_point to_time(std::int64_t ns) noexcept {
  return clock::time_point{clock::duration{ns}};
}

[[noreturn]] void refuse_rate(const std::string& what) {
  throw std::invalid_argument("bight: rate_limiter: " + what);
}

}  // namespace

std::size_t rate_limiter::checked(std::size_t burst) {
  if (burst == 0 || burst > max_permits)
    refuse_rate(fmt::format("the burst must be from 1 to {}, not {}", max_permits, burst));
  return burst;
}

rate_limiter::rate_limiter(const settings& s) : burst_(s.burst) {
  if (!(s.permits > 0) || s.permits > static_cast<double>(max_permits))
    refuse_rate(fmt::format("permits must be greater than 0 and at most {}, not {}", max_permits, s.permits));
  if (s.period <= clock::duration::zero())
    refuse_rate(fmt::format("the period must be greater than 0, not {} ns", s.period.count()));
  if (burst_ == 0) burst_ = std::max<std::size_t>(1, static_cast<std::size_t>(s.permits));
  const auto every = static_cast<long double>(s.period.count()) / static_cast<long double>(s.permits);
  if (every * static_cast<long double>(burst_) > static_cast<long double>(horizon))
    refuse_rate(fmt::format("a burst of {} at {} per {} ns takes more than 100 years", burst_, s.permits,
                            s.period.count()));
  if (s.permits == std::floor(s.permits)) {
    parts_ = static_cast<std::int64_t>(s.permits);
    interval_ = {s.period.count() / parts_, s.period.count() % parts_};
  } else {
    parts_ = parts_of_fractions;
    const auto whole = std::floor(every);
    const auto part = static_cast<std::int64_t>(std::llround((every - whole) * parts_of_fractions));
    interval_ = plus({static_cast<std::int64_t>(whole), 0}, {part / parts_, part % parts_});
  }
  full_ = cost(burst_);
  full_at_ = floor_ = {std::numeric_limits<std::int64_t>::min(), 0};
}

void rate_limiter::check(std::size_t n) const {
  if (n == 0 || n > burst_) refuse_rate(fmt::format("{} permits requested; the burst is {}", n, burst_));
}

rate_limiter::moment rate_limiter::plus(moment a, moment b) const noexcept {
  const auto part = a.part + b.part;
  if (part >= parts_) return {a.whole + b.whole + 1, part - parts_};
  return {a.whole + b.whole, part};
}

rate_limiter::moment rate_limiter::minus(moment a, moment b) const noexcept {
  const auto part = a.part - b.part;
  if (part < 0) return {a.whole - b.whole - 1, part + parts_};
  return {a.whole - b.whole, part};
}

// What `permits` cost; never more than the horizon.
rate_limiter::moment rate_limiter::cost(std::size_t permits) const noexcept {
  if (permits == 1) return interval_;
  const auto n = static_cast<std::int64_t>(std::min<std::size_t>(permits, 8 * max_permits));
  if (interval_.whole != 0 && n > horizon / interval_.whole) return {horizon, 0};
  const auto part = n * interval_.part;
  return {n * interval_.whole + part / parts_, part % parts_};
}

// The time at which the bucket will hold `permits` if none are taken before.
rate_limiter::moment rate_limiter::usable_after(std::size_t permits, moment now) const noexcept {
  return minus(plus(std::max(full_at_, now), cost(permits)), full_);
}

rate_limiter::grant rate_limiter::take(std::size_t permits, moment now) noexcept {
  grant g;
  g.permits = permits;
  g.serial = ++serial_;
  g.usable = usable_after(permits, now);
  g.floor_before = floor_;
  full_at_ = plus(std::max(full_at_, now), cost(permits));
  // The same bucket, seen from the times when the permits are used.
  floor_ = plus(std::max(floor_, std::max(g.usable, now)), cost(permits));
  return g;
}

void rate_limiter::give_back(const grant& g) noexcept {
  if (g.serial == serial_) {  // no later grant
    floor_ = g.floor_before;
    --serial_;
  }
  full_at_ = std::max(floor_, minus(full_at_, cost(g.permits)));
  serve(false);
}

// Wakes the waiters whose time has come and arms the timer of the first remaining one. Timers fire late:
// waiters count from their due time, so that the rate is met; but after a long stall of the loop they are not
// all released at once.
void rate_limiter::serve(bool by_timer) noexcept {
  const moment now{count(clock::now()), 0};
  const auto since = by_timer ? minus(now, std::max(interval_, moment{1'000'000, 0})) : now;
  while (auto* const front = waiters_.front()) {
    auto& first = static_cast<acquire_awaiter&>(*front);
    const bool fixed = first.grant_.permits != 0;
    const auto usable = fixed ? first.grant_.usable : usable_after(first.permits_, since);
    if (usable > now) {
      first.wake_at(to_time(usable.whole + (usable.part != 0)));
      return;
    }
    first.leave();
    if (!fixed) first.grant_ = take(first.permits_, since);
    first.wake();
  }
}

// A reservation is made: earlier waiters get a fixed time.
void rate_limiter::fix_waiters(moment now) noexcept {
  for (auto* w = waiters_.front(); asked_for_ != 0; w = waiter_list::after(*w)) {
    auto& waiter = static_cast<acquire_awaiter&>(*w);
    if (waiter.grant_.permits != 0) continue;
    waiter.grant_ = take(waiter.permits_, now);
    asked_for_ -= waiter.permits_;
  }
}

bool rate_limiter::try_acquire(std::size_t n) {
  check(n);
  const moment now{count(clock::now()), 0};
  if (waiting_ != 0 || usable_after(n, now) > now) return false;
  take(n, now);
  return true;
}

rate_limiter::acquire_awaiter rate_limiter::acquire(std::size_t n, clock::time_point deadline) {
  check(n);
  return acquire_awaiter{*this, n, std::min(deadline, current_deadline())};
}

rate_limiter::reservation rate_limiter::reserve(std::size_t n) {
  check(n);
  const moment now{count(clock::now()), 0};
  if (usable_after(asked_for_ + n, now).whole - now.whole >= horizon - full_.whole)
    throw std::length_error("bight: rate_limiter: reservations extend beyond 100 years");
  fix_waiters(now);
  const auto g = take(n, now);
  const auto when = std::max(g.usable, now);
  return {*this, g, to_time(when.whole + (when.part != 0))};
}

std::size_t rate_limiter::available() const noexcept {
  const moment now{count(clock::now()), 0};
  if (waiting_ != 0) return 0;
  std::size_t none = 0;  // the answer is in [none, too_many)
  std::size_t too_many = burst_ + 1;
  while (too_many - none > 1) {
    const auto n = none + (too_many - none) / 2;
    (usable_after(n, now) <= now ? none : too_many) = n;
  }
  return none;
}

clock::duration rate_limiter::reservation::delay() const noexcept {
  return std::max(time_ - clock::now(), clock::duration::zero());
}

rate_limiter::acquire_awaiter::~acquire_awaiter() {
  report_unless_awaited();
  if (timer_node::armed()) loop().timers.remove(*this);
  if (!suspended()) [[likely]]
    return;
  if (parked()) unpark();
  if (woken()) limiter_->give_back(grant_);
}

bool rate_limiter::acquire_awaiter::ready() {
  auto& l = *limiter_;
  const moment now{count(clock::now()), 0};
  if (l.waiting_ == 0 && l.usable_after(permits_, now) <= now) {
    l.take(permits_, now);
    return true;
  }
  if (deadline_ != clock::time_point::max() &&
      l.usable_after(l.asked_for_ + permits_, now) > moment{count(deadline_), 0})
    throw timeout_error("rate_limiter: no permit before the deadline");
  return false;
}

void rate_limiter::acquire_awaiter::park() {
  auto& l = *limiter_;
  const moment now{count(clock::now()), 0};
  if (l.waiting_ == 0) {
    const auto usable = l.usable_after(permits_, now);
    wake_at(to_time(usable.whole + (usable.part != 0)));
  }
  l.waiters_.push_back(*this);
  ++l.waiting_;
  l.asked_for_ += permits_;
}

bool rate_limiter::acquire_awaiter::unpark() noexcept {
  leave();
  if (grant_.permits != 0)
    limiter_->give_back(grant_);
  else
    limiter_->serve(false);
  return true;
}

void rate_limiter::acquire_awaiter::leave() noexcept {
  loop().timers.remove(*this);
  limiter_->waiters_.remove(*this);
  --limiter_->waiting_;
  if (grant_.permits == 0) limiter_->asked_for_ -= permits_;
}

void rate_limiter::acquire_awaiter::wake_at(clock::time_point when) {
  loop().timers.remove(*this);
  loop().timers.add(*this, when);
}

}  // namespace bight
