// pool<T>: objects that are costly to make, lent and used again.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/deadline.hpp>
#include <bight/core/detail/pool_core.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/error.hpp>
#include <bight/core/timeout.hpp>
#include <concepts>
#include <functional>
#include <memory>
#include <utility>

namespace bight {

/// A bounded pool of objects: connections, sessions, buffers.
///
///     bight::pool<session> sessions({.max_size = 8}, [&] { return open_session(address); });
///     sessions.check([](session& s) { return s.ping(); });               // before an object is used again
///
///     auto s = co_await sessions.acquire();
///     co_await s->query("select 1");                                      // given back when s goes
///
/// `acquire` takes the object that was given back last, or makes one if there is none and less than
/// `max_size` exist, or waits: first come, first served. Objects that were idle or lived too long are
/// destroyed when somebody comes by, and by `maintain`. T is anything movable, and stays where it is once it
/// was made.
///
/// Cancellation: an `acquire` that is cancelled gives its place to the next one; an object that was just
/// being made or checked is destroyed. Errors of the factory leave `acquire`, and the place goes to the next
/// one. Concurrency: one loop. Lifetime: leases and waiting calls may outlive the pool, which is closed then.
template <class T>
  requires std::movable<T>
class pool {
  using core = detail::pool_core<T>;

 public:
  /// An object in use. Goes back to the pool when destroyed. Move-only.
  class [[nodiscard("dropping a lease gives the object back at once")]] lease {
   public:
    lease() = default;
    lease(lease&&) noexcept = default;
    lease& operator=(lease&& other) noexcept {
      lease old{std::move(*this)};
      place_ = std::move(other.place_);
      entry_ = std::move(other.entry_);
      return *this;
    }
    ~lease() { release(); }

    T& operator*() const noexcept { return entry_->object; }
    T* operator->() const noexcept { return &entry_->object; }
    /// True if it holds an object.
    explicit operator bool() const noexcept { return entry_ != nullptr; }
    /// Gives the object back now. Nothing if it is empty.
    void release() noexcept {
      if (entry_) place_.owner()->give_back(std::move(entry_));
      place_.leave();
    }
    /// Destroys the object instead: it is broken. The pool makes another one when it needs it.
    void discard() noexcept {
      entry_.reset();
      place_.leave();
    }

   private:
    friend class pool;
    lease(typename core::place&& p, std::unique_ptr<typename core::entry> e) noexcept
        : place_(std::move(p)), entry_(std::move(e)) {}
    typename core::place place_;
    std::unique_ptr<typename core::entry> entry_;
  };

  /// `factory()` makes an object: it returns an awaitable<T>. Throws std::invalid_argument for options that
  /// contradict each other.
  template <class F>
    requires detail::async_callable<F&> && std::convertible_to<detail::call_result_t<F&>, T>
  pool(pool_options options, F factory) : core_(std::make_shared<core>(options)) {
    core_->factory = [f = std::move(factory)]() mutable { return detail::to_awaitable(std::invoke(f)); };
  }
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool() { core_->close(); }

  /// Called, in the task that acquires, before an object is used again; `f(object)` gives an awaitable<bool>.
  /// False or an error: the object is destroyed, and the next one is tried. Also the place to reset an object
  /// where that takes awaiting.
  template <class F>
    requires std::same_as<detail::call_result_t<F&, std::reference_wrapper<T>>, bool>
  pool& check(F f) {
    core_->check = [call = std::move(f)](T& object) mutable {
      return detail::to_awaitable(std::invoke(call, object));
    };
    return *this;
  }
  /// Called when an object comes back. False or an error: it is destroyed.
  pool& on_release(std::function<bool(T&)> f) {
    core_->on_release = std::move(f);
    return *this;
  }

  /// An object, waiting for it. Errors: timeout_error after `acquire_timeout`, or when current_deadline() has
  /// passed, errc::pool_closed, and what the factory throws.
  [[nodiscard]] awaitable<lease> acquire() { return acquire_in_time(core_); }
  /// An object that is idle; an empty lease if there is none, or if it would have to be checked.
  lease try_acquire() {
    if (core_->closed || core_->check) return {};
    auto permit = core_->places.try_acquire();
    if (!permit) return {};
    typename core::place place{core_, std::move(permit)};
    auto e = core_->take_idle();
    if (!e) return {};
    ++core_->stats.reused;
    return lease{std::move(place), std::move(e)};
  }

  /// Destroys what has been idle or lived too long, and keeps `min_idle` objects ready, until the pool is
  /// closed: for a task of its own, `group.spawn([&] { return pool.maintain(); })`. Errors of the factory are
  /// counted, and tried again after `maintenance_interval`.
  [[nodiscard]] awaitable<void> maintain() { return maintain(core_); }

  /// Refuses `acquire` from now on (who waits gets errc::pool_closed), destroys what is idle, and waits for
  /// the leases, `limit` at most. Returns true if all of them came back. Leases that come back later are
  /// destroyed then. May be called again. Cancellation: stops waiting; the pool stays closed.
  [[nodiscard]] awaitable<bool> close(clock::duration limit = forever) { return close(core_, limit); }
  bool is_closed() const noexcept { return core_->closed; }

  pool_stats stats() const noexcept { return core_->current_stats(); }

 private:
  static awaitable<lease> acquire_in_time(std::shared_ptr<core> c) {
    try {
      auto work = [&c]() -> awaitable<lease> { return acquire_now(c); };
      const auto own = detail::deadline_after(clock::now(), c->options.acquire_timeout);
      const auto ambient = current_deadline();
      const auto until = ambient < own ? ambient : own;
      auto got = co_await timeout_at(until, work);
      co_return got;
    } catch (const timeout_error&) {
      ++c->stats.timeouts;
      throw;
    }
  }
  static awaitable<lease> acquire_now(std::shared_ptr<core> c) {
    auto place = co_await wait_for_place(c);
    while (auto e = c->take_idle()) {
      bool good = true;
      if (c->check) good = co_await passes(*c, e->object);
      if (c->closed) detail::throw_pool_closed();
      if (!good) continue;
      ++c->stats.reused;
      co_return lease(std::move(place), std::move(e));
    }
    auto made = co_await make(*c);
    if (c->closed) detail::throw_pool_closed();
    co_return lease(std::move(place), std::move(made));
  }
  static awaitable<typename core::place> wait_for_place(std::shared_ptr<core> c) {
    if (c->closed) detail::throw_pool_closed();
    const typename core::waiting here{*c};
    auto permit = co_await c->places.acquire();
    typename core::place place{c, std::move(permit)};
    if (c->closed) detail::throw_pool_closed();
    co_return place;
  }
  static awaitable<bool> passes(core& c, T& object) {
    try {
      auto checking = c.check(object);
      const bool good = co_await std::move(checking);
      co_return good;
    } catch (const std::exception&) { co_return false; }
  }
  static awaitable<std::unique_ptr<typename core::entry>> make(core& c) {
    typename core::creating here{c};
    auto making = c.factory();
    auto e = c.enter(co_await std::move(making));
    here.succeeded();
    co_return e;
  }
  static awaitable<void> maintain(std::shared_ptr<core> c) {
    auto closing = [&c]() -> awaitable<void> { co_await c->closing.wait(); };
    while (!c->closed) {
      c->drop_expired();
      co_await top_up(c);
      static_cast<void>(co_await move_on_after(c->options.maintenance_interval, closing));
    }
  }
  static awaitable<void> top_up(std::shared_ptr<core> c) {
    try {
      while (!c->closed && c->wants_more()) {
        auto permit = c->places.try_acquire();
        if (!permit) co_return;
        typename core::place place{c, std::move(permit)};
        auto made = co_await make(*c);
        if (!c->closed) c->idle.push_front(std::move(made));
      }
    } catch (const std::exception&) { co_return; }  // counted by make
  }
  static awaitable<bool> close(std::shared_ptr<core> c, clock::duration limit) {
    c->close();
    auto all_back = [&c]() -> awaitable<void> { co_await c->all_back.wait(); };
    const bool back = co_await move_on_after(limit, all_back);
    co_return back;
  }

  std::shared_ptr<core> core_;
};

}  // namespace bight
