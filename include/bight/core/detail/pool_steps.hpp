// What a pool does: leases, and the coroutines behind its functions.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/deadline.hpp>
#include <bight/core/detail/pool_core.hpp>
#include <bight/core/error.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <exception>
#include <memory>
#include <utility>

namespace bight::detail {

template <class T>
class pool_steps;

/// See pool<T>::lease.
template <class T>
class [[nodiscard("destroying the lease returns the object immediately")]] pool_lease {
 public:
  pool_lease() = default;
  pool_lease(pool_lease&&) noexcept = default;
  pool_lease& operator=(pool_lease&& other) noexcept {
    pool_lease old{std::move(*this)};
    place_ = std::move(other.place_);
    entry_ = std::move(other.entry_);
    return *this;
  }
  ~pool_lease() { release(); }

  T& operator*() const noexcept { return entry_->object; }
  T* operator->() const noexcept { return &entry_->object; }
  /// Whether it holds an object.
  explicit operator bool() const noexcept { return entry_ != nullptr; }
  /// Returns the object to the pool now. No effect if it is empty.
  void release() noexcept {
    if (entry_) pool_steps<T>::give_back(*this);
  }
  /// Destroys the object instead, because it is broken. The pool creates another one on demand.
  void discard() noexcept {
    entry_.reset();
    place_.leave();
  }

 private:
  friend class pool_steps<T>;
  using core = pool_core<T>;
  pool_lease(typename core::place&& p, std::unique_ptr<typename core::entry> e) noexcept
      : place_(std::move(p)), entry_(std::move(e)) {}
  typename core::place place_;
  std::unique_ptr<typename core::entry> entry_;
};

template <class T>
class pool_steps {
  using core = pool_core<T>;
  using place = typename core::place;
  using entry = typename core::entry;
  using lease = pool_lease<T>;

 public:
  /// An idle object that need not be checked, without waiting; or an empty lease.
  static lease take_now(const std::shared_ptr<core>& c) {
    if (c->closed || c->idle.empty()) return {};
    auto permit = c->places.try_acquire();
    if (!permit) return {};
    place p{c, std::move(permit)};
    auto verdict = pool_verdict::keep;
    auto e = c->take_idle(verdict);
    if (!e) return {};
    if (verdict == pool_verdict::examine) {
      c->idle.push_back(std::move(e));
      return {};
    }
    ++c->stats.reused;
    return lease{std::move(p), std::move(e)};
  }

  static awaitable<lease> acquire(std::shared_ptr<core> c) {
    auto got = take_now(c);
    if (!got || c->hooks.on_acquire) got = co_await finish_in_time(c, std::move(got));
    co_return got;
  }

  static awaitable<void> maintain(std::shared_ptr<core> c) {
    auto closing = [&c]() -> awaitable<void> { co_await c->closing.wait(); };
    while (!c->closed) {
      c->drop_expired();
      co_await top_up(c);
      static_cast<void>(co_await move_on_after(c->options.maintenance_interval, closing));
    }
  }

  static awaitable<bool> close(std::shared_ptr<core> c, clock::duration limit) {
    c->close();
    auto all_back = [&c]() -> awaitable<void> { co_await c->all_back.wait(); };
    const bool back = co_await move_on_after(limit, all_back);
    co_return back;
  }

  static void give_back(lease& l) noexcept {
    auto& c = *l.place_.owner();
    switch (c.judge(*l.entry_)) {
      case pool_verdict::keep:
        c.put_back(std::move(l.entry_));
        break;
      case pool_verdict::examine:
        if (start_reset(l)) return;
        break;
      case pool_verdict::destroy:
        break;
    }
    l.discard();
  }

 private:
  static awaitable<lease> finish_in_time(std::shared_ptr<core> c, lease got) {
    try {
      auto work = [&c, &got]() -> awaitable<lease> { return finish(c, std::move(got)); };
      const auto own = deadline_after(clock::now(), c->options.acquire_timeout);
      const auto ambient = current_deadline();
      const auto until = ambient < own ? ambient : own;
      co_return co_await timeout_at(until, work);
    } catch (const timeout_error&) {
      ++c->stats.timeouts;
      throw;
    }
  }
  static awaitable<lease> finish(std::shared_ptr<core> c, lease got) {
    if (!got) got = co_await wait_for_object(c);
    if (c->hooks.on_acquire) {
      auto preparing = c->hooks.on_acquire(*got);
      co_await std::move(preparing);
      if (c->closed) throw_pool_closed();
    }
    co_return got;
  }
  static awaitable<lease> wait_for_object(std::shared_ptr<core> c) {
    auto p = co_await wait_for_place(c);
    auto verdict = pool_verdict::keep;
    while (auto e = c->take_idle(verdict)) {
      bool good = true;
      if (verdict == pool_verdict::examine) good = co_await passes(*c, e->object);
      if (c->closed) throw_pool_closed();
      if (!good) continue;
      ++c->stats.reused;
      co_return lease(std::move(p), std::move(e));
    }
    auto made = co_await make(*c);
    if (c->closed) throw_pool_closed();
    co_return lease(std::move(p), std::move(made));
  }
  static awaitable<place> wait_for_place(std::shared_ptr<core> c) {
    if (c->closed) throw_pool_closed();
    auto permit = c->places.try_acquire();
    if (!permit) {
      if (c->waiters >= c->options.max_waiters) throw_pool_exhausted(c->options.max_waiters);
      const typename core::counted here{c->waiters};
      permit = co_await c->places.acquire();
    }
    place p{c, std::move(permit)};
    if (c->closed) throw_pool_closed();
    co_return p;
  }
  static awaitable<bool> passes(core& c, T& object) {
    try {
      auto checking = c.hooks.check(object);
      const bool good = co_await std::move(checking);
      co_return good;
    } catch (const std::exception&) { co_return false; }
  }
  static awaitable<std::unique_ptr<entry>> make(core& c) {
    const typename core::counted here{c.making};
    bool made = false;
    try {
      auto making = c.hooks.make();
      auto e = c.enter(co_await std::move(making));
      ++c.stats.made;
      made = true;
      if (c.hooks.on_create) {
        auto preparing = c.hooks.on_create(e->object);
        co_await std::move(preparing);
      }
      co_return e;
    } catch (...) {
      if (!made) ++c.stats.failed;
      throw;
    }
  }
  static awaitable<void> top_up(std::shared_ptr<core> c) {
    try {
      while (!c->closed && c->wants_more()) {
        auto permit = c->places.try_acquire();
        if (!permit) co_return;
        place p{c, std::move(permit)};
        auto made = co_await make(*c);
        if (!c->closed) c->idle.push_front(std::move(made));
      }
    } catch (const std::exception&) { co_return; }  // counted by make
  }

  // False: it has to be destroyed.
  static bool start_reset(lease& l) noexcept {
    if (!can_spawn()) return false;
    try {
      auto c = l.place_.owner();
      spawn(named("pool reset", &reset), std::move(c), std::move(l)).detach();
      return true;
    } catch (...) { return false; }
  }
  static awaitable<void> reset(std::shared_ptr<core> c, lease l) {
    const typename core::counted here{c->resetting};
    bool good = false;
    try {
      auto work = [&]() -> awaitable<bool> { return c->hooks.reset(*l); };
      good = co_await timeout(c->options.reset_timeout, work);
    } catch (const std::exception& e) { log_failed_reset(e.what()); } catch (...) {
      l.discard();
      throw;
    }
    if (good && !c->terminated) c->put_back(std::move(l.entry_));
    l.discard();
  }
};

}  // namespace bight::detail
