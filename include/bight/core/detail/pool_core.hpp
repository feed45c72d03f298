// The state shared by a pool and its leases.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/deadline.hpp>
#include <bight/core/detail/pool_entry.hpp>
#include <bight/core/event.hpp>
#include <bight/core/pool_options.hpp>
#include <bight/core/semaphore.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

namespace bight::detail {

[[noreturn]] void throw_pool_closed();
/// More than `max_waiters` tasks would wait.
[[noreturn]] void throw_pool_exhausted(std::size_t max_waiters);
void require_pool_options(const pool_options& options);
/// `lifetime` minus a random part of at most `jitter` of it.
clock::duration jittered(clock::duration lifetime, double jitter);
/// Whether a task can be spawned now.
bool can_spawn() noexcept;
void log_failed_reset(const char* why);

/// What the user of a pool has set.
template <class T>
struct pool_hooks {
  std::function<awaitable<T>()> make;
  std::function<awaitable<void>(T&)> on_create;
  std::function<pool_verdict(T&, clock::duration)> inspect;
  std::function<awaitable<bool>(T&)> check;
  std::function<awaitable<void>(T&)> on_acquire;
  std::function<pool_verdict(T&)> on_release;
  std::function<awaitable<bool>(T&)> reset;
  std::function<void(T&)> on_terminate;
};

/// The number of objects, including those being created, is the number of taken places plus the number of
/// idle objects. A place is used for a new object only if none is idle, so there are never more than
/// max_size.
template <class T>
struct pool_core {
  using entry = pool_entry<T>;

  /// The right to hold one object.
  class place {
   public:
    place() = default;
    place(std::shared_ptr<pool_core> c, semaphore::permit&& p) noexcept
        : core_(std::move(c)), permit_(std::move(p)) {
      if (core_->taken++ == 0) core_->all_back.clear();
    }
    place(place&&) noexcept = default;
    place& operator=(place&& other) noexcept {
      leave();
      core_ = std::move(other.core_);
      permit_ = std::move(other.permit_);
      return *this;
    }
    ~place() { leave(); }
    const std::shared_ptr<pool_core>& owner() const noexcept { return core_; }
    void leave() noexcept {
      if (!core_) return;
      const auto c = std::move(core_);
      permit_.release();
      if (--c->taken == 0) c->all_back.set();
    }

   private:
    std::shared_ptr<pool_core> core_;
    semaphore::permit permit_;
  };

  /// Adds one to a number while it exists.
  class counted {
   public:
    explicit counted(std::size_t& n) noexcept : n_(&n) { ++n; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { --*n_; }

   private:
    std::size_t* n_;
  };

  explicit pool_core(const pool_options& o) : options(o), places(o.max_size) {
    require_pool_options(o);
    all_back.set();
  }

  std::unique_ptr<entry> enter(T&& object) {
    auto e = std::make_unique<entry>(entries, std::move(object));
    const auto now = clock::now();
    e->expires = deadline_after(now, jittered(options.max_lifetime, options.lifetime_jitter));
    e->returned = now;
    return e;
  }
  bool usable(const entry& e, clock::time_point now) const noexcept {
    return now < e.expires && now - e.returned < options.idle_timeout;
  }
  /// The most recently returned object, and whether it may be used, has to be checked first, or must not be
  /// used. Those that have expired are destroyed.
  std::unique_ptr<entry> take_idle(pool_verdict& verdict) {
    if (idle.empty()) return nullptr;
    const auto now = clock::now();
    while (!idle.empty()) {
      auto e = std::move(idle.back());
      idle.pop_back();
      if (!usable(*e, now)) continue;
      verdict = hooks.check ? pool_verdict::examine : pool_verdict::keep;
      if (hooks.inspect) verdict = hooks.inspect(e->object, now - e->returned);
      if (verdict == pool_verdict::examine && !hooks.check) verdict = pool_verdict::destroy;
      if (verdict != pool_verdict::destroy) return e;
    }
    return nullptr;
  }
  void drop_expired() noexcept {
    const auto now = clock::now();
    std::erase_if(idle, [this, now](const auto& e) { return !usable(*e, now); });
  }
  /// What to do with an object that was returned.
  pool_verdict judge(entry& e) noexcept {
    if (terminated || ++e.uses >= options.max_uses) return pool_verdict::destroy;
    if (!hooks.on_release) return pool_verdict::keep;
    try {
      const auto verdict = hooks.on_release(e.object);
      return verdict == pool_verdict::examine && !hooks.reset ? pool_verdict::destroy : verdict;
    } catch (...) { return pool_verdict::destroy; }  // it is in an unknown state
  }
  void put_back(std::unique_ptr<entry> e) noexcept {
    if (closed) return;
    e->returned = clock::now();
    if (e->returned >= e->expires) return;
    try {
      idle.push_back(std::move(e));
    } catch (...) {  // without memory for it, it is destroyed
    }
  }
  bool wants_more() const noexcept {
    return idle.size() < options.min_idle && taken + idle.size() < options.max_size;
  }
  void close() noexcept {
    if (std::exchange(closed, true)) return;
    closing.set();
    idle.clear();
    places.release(waiters);  // they see that it is closed
  }
  void terminate() noexcept {
    close();
    terminated = true;
    if (hooks.on_terminate) entries.for_each(hooks.on_terminate);
  }
  pool_stats current_stats() const noexcept {
    pool_stats s = stats;
    s.destroyed = entries.destroyed();
    s.making = making;
    s.resetting = resetting;
    s.waiting = waiters;
    s.in_use = taken - making;
    s.idle = idle.size();
    return s;
  }

  const pool_options options;
  pool_hooks<T> hooks;
  pool_stats stats;  // the counters
  semaphore places;
  event closing;
  event all_back;
  std::size_t taken = 0;  // places
  std::size_t waiters = 0;
  std::size_t making = 0;
  std::size_t resetting = 0;
  bool closed = false;
  bool terminated = false;
  pool_entries<T> entries;  // all of them; outlives `idle`
  std::deque<std::unique_ptr<entry>> idle;
};

}  // namespace bight::detail
