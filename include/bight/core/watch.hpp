// watch<T>: a value with change notification.
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

/// A changing value for tasks that need the latest state rather than every change (tokio::sync::watch), such
/// as configuration, progress or connection state.
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
/// A subscriber never misses the latest value. Concurrency: one loop. Lifetime: subscribers may outlive the
/// watch; destroying it closes it.
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
    static constexpr bool revocable = true;
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

  /// Follows the value. Movable; a copy continues independently from the same position.
  class subscriber {
   public:
    /// The latest value that this subscriber has not seen, waiting for one; nullopt once the watch is closed
    /// and its last value has been seen. If several tasks wait, all get the value. Cancellation: immediate;
    /// no value counts as seen. Lifetime: the subscriber must not move during the wait.
    [[nodiscard]] next_awaiter next() noexcept { return next_awaiter{*this}; }
    /// Whether `next` has a value immediately.
    bool changed() const noexcept { return core_->version != seen_; }
    /// Marks the current value as seen.
    void mark_seen() noexcept { seen_ = core_->version; }
    /// The current value, without marking it as seen.
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

  /// Replaces the value and wakes the waiting tasks. Errors: queue_shut_down once it is closed.
  void set(T value) {
    if (core_->closed) throw queue_shut_down{};
    core_->value = std::move(value);
    publish();
  }
  /// Same unless the values are equal. Returns whether it was replaced.
  bool set_if_different(T value)
    requires std::equality_comparable<T>
  {
    if (core_->closed) throw queue_shut_down{};
    if (core_->value == value) return false;
    set(std::move(value));
    return true;
  }
  /// Changes the value in place by calling `f(value)`. If `f` throws, subscribers are not notified.
  template <class F>
    requires std::invocable<F, T&>
  void modify(F&& f) {
    if (core_->closed) throw queue_shut_down{};
    std::invoke(std::forward<F>(f), core_->value);
    publish();
  }
  /// The current value.
  const T& get() const noexcept { return core_->value; }
  /// The version of the value, from 1 for the initial one.
  std::uint64_t version() const noexcept { return core_->version; }
  /// Returns a subscriber that has not seen the current value.
  subscriber subscribe() const noexcept { return subscriber{core_}; }
  /// Closes the watch: subscribers get the last value if they have not seen it, and then nullopt.
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
