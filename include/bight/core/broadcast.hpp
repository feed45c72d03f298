// broadcast<T>: a channel that delivers every item to every subscriber.
#pragma once
#include <bight/core/detail/broadcast_core.hpp>
#include <bight/core/error.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace bight {

/// Thrown by `next` if the subscriber was too slow and has missed items: errc::lagged.
class lagged_error : public boost::system::system_error {
 public:
  explicit lagged_error(std::uint64_t missed);
  /// The number of items that this subscriber has missed.
  std::uint64_t missed() const noexcept { return missed_; }

 private:
  std::uint64_t missed_;
};

/// What happens if the channel is full: the slowest subscriber has not received the oldest item.
enum class when_slow : std::uint8_t {
  drop_oldest,  ///< The oldest item is dropped; subscribers that missed it get one lagged_error.
  wait,         ///< `put` waits for the slowest subscriber.
  /// Subscribers that have not received the oldest item are removed. Each gets one lagged_error, which counts
  /// all that it has not received, and then the end.
  disconnect,
};

/// A channel that delivers every item to all current subscribers (tokio::sync::broadcast).
///
///     bight::broadcast<event> events{64};
///     auto mine = events.subscribe();
///     co_await events.put(e);
///
///     auto e = co_await mine.next();
///     while (e) {                                     // empty once closed and drained
///       ...
///       e = co_await mine.next();
///     }
///
/// Holds at most `capacity` items, each until the last subscriber has received it. Slow subscribers never
/// lose items silently; see when_slow. Items without a subscriber are dropped. Cancellation: `put` puts
/// nothing, `next` takes nothing; an operation that has already been granted completes. Concurrency: one
/// loop. Lifetime: subscribers may outlive the channel; destroying the channel closes it, and waiting `put`
/// calls fail.
template <class T>
  requires std::copy_constructible<T>
class broadcast {
  using core = detail::broadcast_core<T>;
  using cursor = typename core::cursor;

 public:
  class next_awaiter final : public basic_awaiter<next_awaiter, queued_awaiter> {
   public:
    static constexpr bool revocable = true;
    next_awaiter(next_awaiter&&) = default;
    ~next_awaiter() {
      this->report_unless_awaited();
      if (!this->suspended()) return;
      if (this->parked()) at_->waiters.remove(*this);
      if (this->parked() || this->woken()) at_->busy = false;
    }
    const char* waiting_for() const noexcept override { return "broadcast::next"; }

   private:
    friend class basic_awaiter<next_awaiter, queued_awaiter>;
    friend class broadcast;
    explicit next_awaiter(cursor& c) noexcept : at_(&c) {}
    bool ready() override {
      if (at_->busy) detail::throw_second_subscriber_wait();
      return at_->something() || at_->ended();
    }
    void park() override {
      at_->waiters.push_back(*this);
      at_->busy = parked_ = true;
    }
    bool unpark() noexcept override {
      at_->waiters.remove(*this);
      at_->busy = false;
      return true;
    }
    std::optional<T> result() {
      if (parked_) at_->busy = false;
      if (const auto missed = at_->take_lag(); missed != 0) throw lagged_error(missed);
      if (!at_->something()) return std::nullopt;
      return at_->take();
    }
    cursor* at_;
    bool parked_ = false;
  };

  class put_awaiter final : public basic_awaiter<put_awaiter, queued_awaiter> {
   public:
    static constexpr bool revocable = true;
    put_awaiter(put_awaiter&&) = default;
    ~put_awaiter() {
      this->report_unless_awaited();
      if (!this->suspended()) return;
      if (this->parked()) core_->putters.remove(*this);
      if (this->woken() && claimed()) core_->give_room_back();
    }
    const char* waiting_for() const noexcept override { return "broadcast::put"; }

   private:
    friend class basic_awaiter<put_awaiter, queued_awaiter>;
    friend class broadcast;
    put_awaiter(std::shared_ptr<core> c, T&& item) : core_(std::move(c)), item_(std::move(item)) {}
    // Woken while the channel is open: a place was claimed for it.
    bool claimed() const noexcept { return claimed_ || (parked_ && !core_->closed); }
    bool ready() override {
      claimed_ = core_->claim_room();
      return claimed_ || core_->closed;
    }
    void park() override {
      core_->putters.push_back(*this);
      parked_ = true;
    }
    bool unpark() noexcept override {
      core_->putters.remove(*this);
      return true;
    }
    std::size_t result() {
      if (core_->closed) throw queue_shut_down{};
      return core_->put_claimed(std::move(item_));
    }
    std::shared_ptr<core> core_;
    T item_;
    bool claimed_ = false;
    bool parked_ = false;
  };

  /// A position in the stream of items. Movable, also while `next` is waiting.
  class subscriber {
   public:
    /// The next item, waiting for one; nullopt once the channel is closed and drained, or the subscriber has
    /// been removed. Errors: lagged_error if items were missed; the next call returns the oldest remaining
    /// item. std::logic_error if another task is waiting in `next`. Lifetime: the subscriber must outlive the
    /// wait.
    [[nodiscard]] next_awaiter next() noexcept { return next_awaiter{*cursor_}; }
    /// The number of items available, not counting dropped ones.
    std::size_t pending() const noexcept { return cursor_->pending(); }
    /// Whether it was removed because it was too slow (when_slow::disconnect).
    bool disconnected() const noexcept { return cursor_->disconnected; }

   private:
    friend class broadcast;
    explicit subscriber(const std::shared_ptr<core>& c) : cursor_(std::make_unique<cursor>(c)) {}
    std::unique_ptr<cursor> cursor_;
  };

  /// Errors: std::invalid_argument if `capacity` is 0.
  explicit broadcast(std::size_t capacity, when_slow rule = when_slow::drop_oldest)
      : core_(std::make_shared<core>(capacity,
                                     detail::broadcast_rule{.waits = rule == when_slow::wait,
                                                            .disconnects = rule == when_slow::disconnect})) {}
  broadcast(const broadcast&) = delete;
  broadcast& operator=(const broadcast&) = delete;
  ~broadcast() { close(); }

  /// Subscribes to all items from now on.
  [[nodiscard]] subscriber subscribe() const { return subscriber{core_}; }
  /// Delivers `item` to all subscribers. Waits only with when_slow::wait. Returns the number of subscribers.
  /// Errors: queue_shut_down if the channel is closed, also during the wait.
  [[nodiscard]] put_awaiter put(T item) { return put_awaiter{core_, std::move(item)}; }
  /// Same without waiting. Returns false, and does not move `item`, if `put` would wait.
  bool try_put(T&& item) {
    if (core_->closed) throw queue_shut_down{};
    if (!core_->claim_room()) return false;
    core_->put_claimed(std::move(item));
    return true;
  }
  bool try_put(const T& item) { return try_put(T(item)); }
  /// Closes the channel: subscribers get the remaining items and then nullopt; waiting `put` calls fail.
  void close() noexcept { core_->close(); }
  bool is_closed() const noexcept { return core_->closed; }
  std::size_t subscribers() const noexcept { return core_->subscribers(); }
  /// The number of subscribers that were removed because they were too slow.
  std::uint64_t disconnected() const noexcept { return core_->disconnected; }
  /// The number of items that some subscriber has not received.
  std::size_t size() const noexcept { return core_->items.size(); }

 private:
  std::shared_ptr<core> core_;
};

}  // namespace bight
