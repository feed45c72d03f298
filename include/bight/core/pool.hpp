// pool<T>: a bounded pool of reusable objects.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/pool_core.hpp>
#include <bight/core/detail/pool_steps.hpp>
#include <bight/core/detail/traits.hpp>
#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
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
/// Hooks, all optional, are set before the first use: `on_create` prepares a new object; `inspect` and
/// `check` decide whether an idle one is used again; `on_acquire` is called for each object that is given
/// out; `on_release` and `reset` decide whether a returned one is kept.
///
/// Cancellation: a cancelled `acquire` passes its place to the next waiter; an object that is being created
/// or checked is destroyed. Errors of the factory and the hooks of `acquire` are thrown by `acquire`, and the
/// place is passed to the next waiter. Concurrency: one loop. Lifetime: leases and waiting calls may outlive
/// the pool, which is then closed.
template <class T>
  requires std::movable<T>
class pool {
  using core = detail::pool_core<T>;
  using steps = detail::pool_steps<T>;

 public:
  /// An object in use; returned to the pool when destroyed. Move-only; has operator*, operator->, operator
  /// bool, `release()`, which returns the object now, and `discard()`, which destroys it, because it is
  /// broken.
  using lease = detail::pool_lease<T>;

  /// `factory()` creates an object; it returns an awaitable<T>. Errors: std::invalid_argument for
  /// inconsistent options.
  template <class F>
    requires detail::async_callable<F&> && std::convertible_to<detail::call_result_t<F&>, T>
  pool(pool_options options, F factory) : core_(std::make_shared<core>(options)) {
    core_->hooks.make = [f = std::move(factory)]() mutable { return detail::to_awaitable(std::invoke(f)); };
  }
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool() { core_->close(); }

  /// Sets a coroutine that prepares each new object: `f(object)` returns an awaitable. If it throws, the
  /// object is destroyed.
  template <class F>
    requires std::is_void_v<detail::call_result_t<F&, std::reference_wrapper<T>>>
  pool& on_create(F f) {
    core_->hooks.on_create = async<void>(std::move(f));
    return *this;
  }
  /// Sets a function that decides quickly, before an object is reused, whether it is: `f(object, idle)`,
  /// where `idle` is the time since its return, says `keep`; `examine` if the coroutine of `check` is to
  /// decide; or `destroy`, and the next one is tried. Without it, each object is checked. Must not throw.
  pool& inspect(std::function<pool_verdict(T&, clock::duration)> f) {
    core_->hooks.inspect = std::move(f);
    return *this;
  }
  /// Sets a coroutine that is called by the acquiring task before an object is reused; `f(object)` returns an
  /// awaitable<bool>. If it returns false or throws, the object is destroyed and the next one is tried.
  template <class F>
    requires std::same_as<detail::call_result_t<F&, std::reference_wrapper<T>>, bool>
  pool& check(F f) {
    core_->hooks.check = async<bool>(std::move(f));
    return *this;
  }
  /// Sets a coroutine that is called by the acquiring task with each object that is given out, new or not. If
  /// it throws, `acquire` does, and the object is returned.
  template <class F>
    requires std::is_void_v<detail::call_result_t<F&, std::reference_wrapper<T>>>
  pool& on_acquire(F f) {
    core_->hooks.on_acquire = async<void>(std::move(f));
    return *this;
  }
  /// Sets a function that decides what becomes of an object that is returned: `keep`; `examine` if the
  /// coroutine of `reset` is to decide; or `destroy`, also if it throws.
  pool& on_release(std::function<pool_verdict(T&)> f) {
    core_->hooks.on_release = std::move(f);
    return *this;
  }
  /// Sets a coroutine that brings a returned object into a state in which it can be used again, if
  /// `on_release` asks for that; `f(object)` returns an awaitable<bool>. A task of the pool awaits it, until
  /// then the object counts as in use. If it returns false, throws, or takes longer than
  /// pool_options::reset_timeout, the object is destroyed.
  template <class F>
    requires std::same_as<detail::call_result_t<F&, std::reference_wrapper<T>>, bool>
  pool& reset(F f) {
    core_->hooks.reset = async<bool>(std::move(f));
    return *this;
  }
  /// Sets a function with which `terminate` aborts what is being done with an object. Must not throw.
  pool& on_terminate(std::function<void(T&)> f) {
    core_->hooks.on_terminate = std::move(f);
    return *this;
  }

  /// Acquires an object. Errors: timeout_error after `acquire_timeout` or at current_deadline();
  /// errc::limit_exceeded if `max_waiters` tasks wait already; errc::pool_closed; errors of the factory and
  /// the hooks.
  [[nodiscard]] awaitable<lease> acquire() { return steps::acquire(core_); }
  /// Acquires an idle object; returns an empty lease if there is none, or if it would have to be checked or
  /// prepared.
  lease try_acquire() {
    if (core_->hooks.on_acquire) return {};
    return steps::take_now(core_);
  }

  /// Destroys expired objects and keeps `min_idle` objects ready, until the pool is closed. Run it in its own
  /// task: `group.spawn([&] { return pool.maintain(); })`. Errors of the factory are counted, and creation is
  /// retried after `maintenance_interval`.
  [[nodiscard]] awaitable<void> maintain() { return steps::maintain(core_); }

  /// Closes the pool: `acquire` fails with errc::pool_closed, idle objects are destroyed. Then waits for the
  /// leases, for at most `limit`. Returns true if all were returned; later ones are destroyed when they are.
  /// May be called again. Cancellation: stops waiting; the pool remains closed.
  [[nodiscard]] awaitable<bool> close(clock::duration limit = forever) { return steps::close(core_, limit); }
  /// Closes the pool without waiting, and calls the function of `on_terminate` with each object that exists.
  /// Objects that are returned from now on are destroyed without a reset.
  void terminate() noexcept { core_->terminate(); }
  bool is_closed() const noexcept { return core_->closed; }

  pool_stats stats() const noexcept { return core_->current_stats(); }

 private:
  template <class R, class F>
  static std::function<awaitable<R>(T&)> async(F f) {
    return
        [call = std::move(f)](T& object) mutable { return detail::to_awaitable(std::invoke(call, object)); };
  }

  std::shared_ptr<core> core_;
};

}  // namespace bight
