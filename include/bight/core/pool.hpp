// pool<T>: a bounded pool of reusable objects.
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

/// A bounded pool of reusable objects, such as connections, sessions or buffers.
///
///     bight::pool<session> sessions({.max_size = 8}, [&] { return open_session(address); });
///     sessions.check([](session& s) { return s.ping(); });               // before an object is used again
///
///     auto s = co_await sessions.acquire();
///     co_await s->query("select 1");                                      // given back when s goes
///
/// `acquire` returns the most recently released object; if there is none, it creates one, or waits (FIFO) if
/// `max_size` objects exist. Objects that have been idle or have lived for too long are destroyed by the next
/// operation that finds them, and by `maintain`. T is any movable type; an object is not moved once it has
/// been created.
///
/// Cancellation: a cancelled `acquire` passes its place to the next waiter; an object that is being created
/// or checked is destroyed. Errors of the factory are thrown by `acquire`, and the place is passed to the
/// next waiter. Concurrency: one loop. Lifetime: leases and waiting calls may outlive the pool, which is then
/// closed.
template <class T>
  requires std::movable<T>
class pool {
  using core = detail::pool_core<T>;

 public:
  /// An object in use; returned to the pool when destroyed. Move-only.
  class [[nodiscard("destroying the lease returns the object immediately")]] lease {
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
    /// Whether it holds an object.
    explicit operator bool() const noexcept { return entry_ != nullptr; }
    /// Returns the object to the pool now. No effect if it is empty.
    void release() noexcept {
      if (entry_) place_.owner()->give_back(std::move(entry_));
      place_.leave();
    }
    /// Destroys the object instead, because it is broken. The pool creates another one on demand.
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

  /// `factory()` creates an object; it returns an awaitable<T>. Errors: std::invalid_argument for
  /// inconsistent options.
  template <class F>
    requires detail::async_callable<F&> && std::convertible_to<detail::call_result_t<F&>, T>
  pool(pool_options options, F factory) : core_(std::make_shared<core>(options)) {
    core_->factory = [f = std::move(factory)]() mutable { return detail::to_awaitable(std::invoke(f)); };
  }
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool() { core_->close(); }

  /// Sets a function that is called by the acquiring task before an object is reused; `f(object)` returns an
  /// awaitable<bool>. If it returns false or throws, the object is destroyed and the next one is tried. Also
  /// suitable for resetting objects asynchronously.
  template <class F>
    requires std::same_as<detail::call_result_t<F&, std::reference_wrapper<T>>, bool>
  pool& check(F f) {
    core_->check = [call = std::move(f)](T& object) mutable {
      return detail::to_awaitable(std::invoke(call, object));
    };
    return *this;
  }
  /// Sets a function that is called when an object is returned. If it returns false or throws, the object is
  /// destroyed.
  pool& on_release(std::function<bool(T&)> f) {
    core_->on_release = std::move(f);
    return *this;
  }

  /// Acquires an object. Errors: timeout_error after `acquire_timeout` or at current_deadline();
  /// errc::pool_closed; errors of the factory.
  [[nodiscard]] awaitable<lease> acquire() { return acquire_in_time(core_); }
  /// Acquires an idle object; returns an empty lease if there is none or if it would have to be checked.
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

  /// Destroys expired objects and keeps `min_idle` objects ready, until the pool is closed. Run it in its own
  /// task: `group.spawn([&] { return pool.maintain(); })`. Errors of the factory are counted, and creation is
  /// retried after `maintenance_interval`.
  [[nodiscard]] awaitable<void> maintain() { return maintain(core_); }

  /// Closes the pool: `acquire` fails with errc::pool_closed, idle objects are destroyed. Then waits for the
  /// leases, for at most `limit`. Returns true if all were returned; later ones are destroyed when they are.
  /// May be called again. Cancellation: stops waiting; the pool remains closed.
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
