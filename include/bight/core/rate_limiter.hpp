// rate_limiter: a token bucket.
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

/// Limits the rate of operations: a token bucket that starts full.
///
///     bight::rate_limiter limiter{10, 1s};                                  // 10 a second, bursts of 10
///     bight::rate_limiter polite{10, 1s, bight::rate_limiter::evenly};      // one every 100 ms
///     co_await limiter.acquire();
///
/// Permits are replenished continuously, up to `burst`, so that no time span d sees more than `burst +
/// permits * d / period`. Integer rates are exact, without drift; others are accurate to 1e-9 ns per permit.
/// A wake-up that is late by up to one permit interval, or 1 ms, is compensated for by the next. Strictly
/// FIFO, whatever the number of permits requested: newcomers never overtake waiters. Acquiring an available
/// permit does not suspend. Permits are not returned after use; to limit concurrency, see `semaphore`.
///
/// Cancellation: a cancelled waiter leaves the queue, and later ones move up; permits that have already been
/// granted are delivered. Concurrency: one loop at a time. Lifetime: must outlive its waiters. Errors:
/// std::invalid_argument, with the value and the limit, for invalid rates and counts.
class rate_limiter {
 public:
  /// As `burst`: permits are spaced evenly, `period / permits` apart.
  static constexpr std::size_t evenly = 1;
  /// The maximum number of permits per period, and of the burst.
  static constexpr std::size_t max_permits = 1'000'000'000;

  class acquire_awaiter;
  class reservation;

  /// `permits` per `period`, possibly fractional; the burst is one period's worth, at least 1.
  template <class N, class Rep, class Period>
    requires std::is_arithmetic_v<N>
  rate_limiter(N permits, std::chrono::duration<Rep, Period> period)
      : rate_limiter(settings{static_cast<double>(permits), detail::to_duration(period), 0}) {}
  /// Same with a burst: the number of permits that accumulate while unused.
  template <class N, class Rep, class Period>
    requires std::is_arithmetic_v<N>
  rate_limiter(N permits, std::chrono::duration<Rep, Period> period, std::size_t burst)
      : rate_limiter(settings{static_cast<double>(permits), detail::to_duration(period), checked(burst)}) {}
  rate_limiter(const rate_limiter&) = delete;
  rate_limiter& operator=(const rate_limiter&) = delete;
  ~rate_limiter() = default;

  /// Acquires `n` permits. Errors: timeout_error immediately, without acquiring anything, if they cannot be
  /// available by `deadline` or current_deadline(); std::invalid_argument if n is 0 or exceeds the burst.
  [[nodiscard]] acquire_awaiter acquire(std::size_t n = 1,
                                        clock::time_point deadline = clock::time_point::max());
  /// Acquires `n` permits if they are available and no task is waiting. Errors: as for acquire.
  [[nodiscard]] bool try_acquire(std::size_t n = 1);
  /// Reserves `n` permits after those of all waiters, and returns when they may be used, for callers that
  /// wait themselves. Errors: as for acquire; std::length_error if reservations extend beyond 100 years.
  [[nodiscard]] reservation reserve(std::size_t n = 1);

  /// The number of permits that `try_acquire` would grant now.
  std::size_t available() const noexcept;
  /// The number of waiting tasks.
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

/// The awaiter of `acquire`.
class rate_limiter::acquire_awaiter final : public basic_awaiter<acquire_awaiter, queued_awaiter>,
                                            private detail::timer_node {
 public:
  static constexpr bool revocable = true;
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

/// Reserved permits. Move-only; destroying it does not release them.
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

  /// The time from which the permits may be used.
  clock::time_point time() const noexcept { return time_; }
  /// The time until then; zero if it has passed.
  clock::duration delay() const noexcept;
  /// Releases the unused permits; further calls have no effect. Later waiters and reservations move up as far
  /// as the rate allows. Lifetime: the limiter must still exist.
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
