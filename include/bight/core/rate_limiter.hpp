// rate_limiter: a limit on how often something is done.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/clock.hpp>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace bight {

/// At most so many permits in a period of time: a token bucket that starts full.
///
///     bight::rate_limiter limiter{10, 1s};                                  // 10 a second, bursts of 10
///     bight::rate_limiter polite{10, 1s, bight::rate_limiter::evenly};      // one every 100 ms
///     co_await limiter.acquire();
///
/// Permits come back continuously, up to `burst` of them, so that no span of time d sees more than
/// `burst + permits * d / period`. Whole rates are exact: no drift after any number of permits; others are
/// kept to 1e-9 ns per permit. A wake-up that is late by up to a permit's interval, or 1 ms, is made up for
/// by the next. Strictly first come, first served, whatever they ask for: a newcomer never overtakes. A free
/// permit costs no suspension. Nothing is given back after use: for how many may do something at a time, see
/// `semaphore`.
///
/// Cancellation: a cancelled waiter leaves the line, gives up nothing, and the later ones move up; permits
/// granted just before are delivered. Concurrency: one loop at a time. Lifetime: must outlive its waiters.
/// Errors: std::invalid_argument, with the value and the limit, for rates and counts that make no sense.
class rate_limiter {
 public:
  /// As the burst: permits are spaced evenly, `period / permits` apart.
  static constexpr std::size_t evenly = 1;
  /// Limits: permits per period, and burst.
  static constexpr std::size_t max_permits = 1'000'000'000;

  class acquire_awaiter;
  class reservation;

  /// `permits` in each `period`, fractions allowed; the burst is one period's worth, at least 1.
  template <class N, class Rep, class Period>
    requires std::is_arithmetic_v<N>
  rate_limiter(N permits, std::chrono::duration<Rep, Period> period)
      : rate_limiter(settings{static_cast<double>(permits), detail::to_duration(period), 0}) {}
  /// The same with a burst: how many permits pile up while nobody asks.
  template <class N, class Rep, class Period>
    requires std::is_arithmetic_v<N>
  rate_limiter(N permits, std::chrono::duration<Rep, Period> period, std::size_t burst)
      : rate_limiter(settings{static_cast<double>(permits), detail::to_duration(period), checked(burst)}) {}
  rate_limiter(const rate_limiter&) = delete;
  rate_limiter& operator=(const rate_limiter&) = delete;
  ~rate_limiter() = default;

  /// Takes `n` permits, waiting for them. Throws timeout_error at once, and takes nothing, if those before it
  /// leave none until `deadline`, or the current_deadline(): better now than after the wait. Errors:
  /// std::invalid_argument if n is zero or more than the burst.
  [[nodiscard]] acquire_awaiter acquire(std::size_t n = 1,
                                        clock::time_point deadline = clock::time_point::max());
  /// Takes `n` permits if they are there and nobody waits. Errors: as acquire.
  [[nodiscard]] bool try_acquire(std::size_t n = 1);
  /// Takes `n` permits now, after those that wait, and says when they may be used: for callers that do the
  /// waiting themselves. Errors: as acquire; std::length_error when reservations reach 100 years ahead.
  [[nodiscard]] reservation reserve(std::size_t n = 1);

  /// How many permits `try_acquire` would give now.
  std::size_t available() const noexcept;
  /// How many tasks wait.
  std::size_t waiting() const noexcept { return waiting_; }
  std::size_t burst() const noexcept { return burst_; }

 private:
  struct settings {
    double permits;
    clock::duration period;
    std::size_t burst;  // zero: a period's worth
  };
  // A time, or a span of time, of `whole` ns and `part` of `parts_` in a ns.
  struct moment {
    std::int64_t whole;
    std::int64_t part;
    auto operator<=>(const moment&) const = default;
  };
  // What was taken, and what is needed to give it back.
  struct grant {
    std::size_t permits = 0;  // zero: nothing
    std::uint64_t serial = 0;
    moment usable{};        // from when on
    moment floor_before{};  // floor_ without it
  };

  explicit rate_limiter(const settings& s);
  static std::size_t checked(std::size_t burst);
  void check(std::size_t n) const;
  moment cost(std::size_t permits) const noexcept;
  moment plus(moment a, moment b) const noexcept;
  moment minus(moment a, moment b) const noexcept;
  moment usable_after(std::size_t permits, moment now) const noexcept;
  grant take(std::size_t permits, moment now) noexcept;
  void give_back(const grant& g) noexcept;
  void serve(bool by_timer) noexcept;
  void fix_waiters(moment now) noexcept;

  moment interval_{};  // what one permit costs
  moment full_{};      // what the burst costs
  std::int64_t parts_ = 1;
  std::size_t burst_;
  // The bucket is one point in time: when it is full again if nothing more is taken. A permit moves it by
  // `interval_`, and n permits are there `cost(burst - n)` before it.
  moment full_at_;
  moment floor_;  // what is given back never takes full_at_ below it: later grants count on that
  std::uint64_t serial_ = 0;
  std::size_t waiting_ = 0;
  std::size_t asked_for_ = 0;  // permits that waiters without a grant ask for
  waiter_list waiters_;
};

/// `co_await limiter.acquire(n)`.
class rate_limiter::acquire_awaiter final : public basic_awaiter<acquire_awaiter, queued_awaiter>,
                                            private detail::timer_node {
 public:
  static constexpr bool gives_back = true;
  acquire_awaiter(acquire_awaiter&&) = default;
  ~acquire_awaiter();
  const char* waiting_for() const noexcept override { return "rate_limiter::acquire"; }

 private:
  friend class basic_awaiter<acquire_awaiter, queued_awaiter>;
  friend class rate_limiter;
  acquire_awaiter(rate_limiter& l, std::size_t n, clock::time_point deadline) noexcept
      : limiter_(&l), permits_(n), deadline_(deadline) {}
  bool ready() override;
  void park() override;
  bool unpark() noexcept override;
  void result() noexcept {}
  void expired() noexcept override { limiter_->serve(true); }
  void wake_at(clock::time_point when);
  void leave() noexcept;

  rate_limiter* limiter_;
  std::size_t permits_;
  clock::time_point deadline_;
  grant grant_;  // while parked: set if a reservation was made behind this waiter
};

/// Permits that were taken ahead of time. Move-only; dropping it keeps them taken.
///
///     auto slot = limiter.reserve();
///     if (slot.delay() > 1s) slot.cancel();
///     else schedule(next, slot.time());
class [[nodiscard("the permits are taken: use them at time(), or cancel()")]] rate_limiter::reservation {
 public:
  reservation(reservation&& other) noexcept
      : limiter_(std::exchange(other.limiter_, nullptr)), grant_(other.grant_), time_(other.time_) {}
  reservation& operator=(reservation&& other) noexcept {
    limiter_ = std::exchange(other.limiter_, nullptr);
    grant_ = other.grant_;
    time_ = other.time_;
    return *this;
  }
  ~reservation() = default;

  /// When the permits may be used.
  clock::time_point time() const noexcept { return time_; }
  /// How long that is from now; zero once it has come.
  clock::duration delay() const noexcept;
  /// Gives the permits back, unused; nothing the second time. Others come earlier by it as far as no
  /// later reservation relies on the rate. Lifetime: the limiter must still be there.
  void cancel() noexcept {
    if (auto* const l = std::exchange(limiter_, nullptr)) l->give_back(grant_);
  }

 private:
  friend class rate_limiter;
  reservation(rate_limiter& l, const grant& g, clock::time_point time) noexcept
      : limiter_(&l), grant_(g), time_(time) {}

  rate_limiter* limiter_;
  grant grant_;
  clock::time_point time_;
};

}  // namespace bight
