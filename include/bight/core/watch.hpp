// watch<T>: the latest value, and who waits for a newer one.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/error.hpp>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace bight {

/// A value that changes, for tasks that want the newest state and not every step (tokio::sync::watch):
/// configuration, progress, "are we connected".
///
///     bight::watch<config> current{load()};
///     current.set(load());
///
///     auto changes = current.subscribe();
///     auto c = co_await changes.next();             // the current value at once, then each newer one
///     while (c) {
///       apply(*c);
///       c = co_await changes.next();                // what was set meanwhile and replaced is skipped
///     }
///
/// A subscriber never misses the newest value, whenever it was set. Concurrency: one loop. Lifetime:
/// subscribers may outlive the watch; destroying it closes it.
template <class T>
  requires std::copyable<T>
class watch {
  struct core {
    explicit core(T&& initial) : value(std::move(initial)) {}
    void wake_all() noexcept {
      while (auto* const first = waiters.front()) {
        waiters.remove(*first);
        waiter_list::wake(*first);
      }
    }
    T value;
    std::uint64_t version = 1;
    bool closed = false;
    waiter_list waiters;
  };

 public:
  class subscriber;

  class next_awaiter final : public basic_awaiter<next_awaiter, queued_awaiter> {
   public:
    static constexpr bool gives_back = true;
    next_awaiter(next_awaiter&&) = default;
    ~next_awaiter() {
      if (this->parked()) core_->waiters.remove(*this);
      this->report_unless_awaited();
    }
    const char* waiting_for() const noexcept override { return "watch::next"; }

   private:
    friend class basic_awaiter<next_awaiter, queued_awaiter>;
    friend class watch;
    explicit next_awaiter(subscriber& s) noexcept : core_(s.core_), subscriber_(&s), seen_(s.seen_) {}
    bool ready() override { return core_->version != seen_ || core_->closed; }
    void park() override { core_->waiters.push_back(*this); }
    bool unpark() noexcept override {
      core_->waiters.remove(*this);
      return true;
    }
    std::optional<T> result() {
      if (core_->version == seen_) return std::nullopt;  // closed
      std::optional<T> value{core_->value};
      subscriber_->seen_ = core_->version;
      return value;
    }
    std::shared_ptr<core> core_;
    subscriber* subscriber_;
    std::uint64_t seen_;
  };

  /// Somebody who follows the value. Movable; copies follow on their own from where the original is.
  class subscriber {
   public:
    /// The newest value that this subscriber has not seen, waiting for one if need be. Empty once the watch
    /// is closed and its last value was seen. Several tasks that wait in it at once all get the value.
    /// Cancellation: at once, nothing is seen. Lifetime: the subscriber must stay where it is meanwhile.
    [[nodiscard]] next_awaiter next() noexcept { return next_awaiter{*this}; }
    /// True if `next` has a value at once.
    bool changed() const noexcept { return core_->version != seen_; }
    /// Counts the current value as seen: `next` waits for a newer one.
    void mark_seen() noexcept { seen_ = core_->version; }
    /// The current value, which does not count as seen by this.
    const T& get() const noexcept { return core_->value; }

   private:
    friend class watch;
    explicit subscriber(std::shared_ptr<core> c) noexcept : core_(std::move(c)) {}
    std::shared_ptr<core> core_;
    std::uint64_t seen_ = 0;
  };

  explicit watch(T initial) : core_(std::make_shared<core>(std::move(initial))) {}
  watch(const watch&) = delete;
  watch& operator=(const watch&) = delete;
  ~watch() { close(); }

  /// Replaces the value and wakes who waits for a newer one. Throws queue_shut_down once it is closed.
  void set(T value) {
    if (core_->closed) throw queue_shut_down{};
    core_->value = std::move(value);
    publish();
  }
  /// The same, unless the value is equal to the present one. Returns true if it was replaced.
  bool set_if_different(T value)
    requires std::equality_comparable<T>
  {
    if (core_->closed) throw queue_shut_down{};
    if (core_->value == value) return false;
    set(std::move(value));
    return true;
  }
  /// Changes the value in place: `f(value)`. If `f` throws, nobody is told.
  template <class F>
    requires std::invocable<F, T&>
  void modify(F&& f) {
    if (core_->closed) throw queue_shut_down{};
    std::invoke(std::forward<F>(f), core_->value);
    publish();
  }
  /// The current value.
  const T& get() const noexcept { return core_->value; }
  /// Counts the changes, from 1 for the first value.
  std::uint64_t version() const noexcept { return core_->version; }
  /// A subscriber to whom the current value is new.
  subscriber subscribe() const noexcept { return subscriber{core_}; }
  /// No more changes: subscribers get the last value if they have not seen it, and then nothing.
  void close() noexcept {
    core_->closed = true;
    core_->wake_all();
  }
  bool is_closed() const noexcept { return core_->closed; }

 private:
  void publish() noexcept {
    ++core_->version;
    core_->wake_all();
  }

  std::shared_ptr<core> core_;
};

}  // namespace bight
