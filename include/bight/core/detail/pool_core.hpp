// The state shared by a pool and its leases.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/event.hpp>
#include <bight/core/pool_options.hpp>
#include <bight/core/semaphore.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

namespace bight::detail {

[[noreturn]] void throw_pool_closed();
void require_pool_options(const pool_options& options);
/// `lifetime` minus a random part of at most `jitter` of it.
clock::duration jittered(clock::duration lifetime, double jitter);

/// The number of objects, including those being created, is the number of taken places plus the number of
/// idle objects. A place is used for a new object only if none is idle, so there are never more than
/// max_size.
template <class T>
struct pool_core {
  struct entry {
    entry(pool_core& c, T&& made) : object(std::move(made)), owner(&c) {}
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;
    ~entry() { ++owner->stats.destroyed; }
    T object;
    clock::time_point expires{};
    clock::time_point idle_until = clock::time_point::max();
    std::uint64_t uses = 0;
    pool_core* owner;
  };

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
      const auto c = std::move(core_);
      if (!c) return;
      permit_.release();
      if (--c->taken == 0) c->all_back.set();
    }

   private:
    std::shared_ptr<pool_core> core_;
    semaphore::permit permit_;
  };

  /// Counts a waiting call of acquire.
  class waiting {
   public:
    explicit waiting(pool_core& c) noexcept : core_(&c) { ++c.waiters; }
    waiting(const waiting&) = delete;
    waiting& operator=(const waiting&) = delete;
    ~waiting() { --core_->waiters; }

   private:
    pool_core* core_;
  };

  /// Counts a call of the factory.
  class creating {
   public:
    explicit creating(pool_core& c) noexcept : core_(&c) { ++c.making; }
    creating(const creating&) = delete;
    creating& operator=(const creating&) = delete;
    ~creating() {
      --core_->making;
      ++(succeeded_ ? core_->stats.made : core_->stats.failed);
    }
    void succeeded() noexcept { succeeded_ = true; }

   private:
    pool_core* core_;
    bool succeeded_ = false;
  };

  explicit pool_core(const pool_options& o) : options(o), places(o.max_size) {
    require_pool_options(o);
    all_back.set();
  }

  std::unique_ptr<entry> enter(T&& object) {
    auto e = std::make_unique<entry>(*this, std::move(object));
    const auto now = clock::now();
    e->expires = deadline_after(now, jittered(options.max_lifetime, options.lifetime_jitter));
    e->idle_until = deadline_after(now, options.idle_timeout);
    return e;
  }
  static bool usable(const entry& e, clock::time_point now) noexcept {
    return now < e.expires && now < e.idle_until;
  }
  /// The most recently returned object; expired ones are destroyed.
  std::unique_ptr<entry> take_idle() {
    const auto now = clock::now();
    while (!idle.empty()) {
      auto e = std::move(idle.back());
      idle.pop_back();
      if (usable(*e, now)) return e;
    }
    return nullptr;
  }
  void drop_expired() noexcept {
    const auto now = clock::now();
    std::erase_if(idle, [now](const auto& e) { return !usable(*e, now); });
  }
  void give_back(std::unique_ptr<entry> e) noexcept {
    if (closed || ++e->uses >= options.max_uses) return;
    const auto now = clock::now();
    e->idle_until = deadline_after(now, options.idle_timeout);
    if (!usable(*e, now)) return;
    try {
      if (on_release && !on_release(e->object)) return;
      idle.push_back(std::move(e));
    } catch (...) {  // it is in an unknown state
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
  pool_stats current_stats() const noexcept {
    pool_stats s = stats;
    s.making = making;
    s.waiting = waiters;
    s.in_use = taken - making;
    s.idle = idle.size();
    return s;
  }

  const pool_options options;
  std::function<awaitable<T>()> factory;
  std::function<awaitable<bool>(T&)> check;
  std::function<bool(T&)> on_release;
  pool_stats stats;  // the counters
  semaphore places;
  event closing;
  event all_back;
  std::size_t taken = 0;  // places
  std::size_t waiters = 0;
  std::size_t making = 0;
  bool closed = false;
  std::deque<std::unique_ptr<entry>> idle;
};

}  // namespace bight::detail
