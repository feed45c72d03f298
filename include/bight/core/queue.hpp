// queue<T>: a first-in, first-out queue between tasks.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/queue_store.hpp>
#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>

namespace bight {

/// The common base of queue, lifo_queue and priority_queue; `Store` determines the order.
template <class T, class Store>
class basic_queue {
 public:
  static constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

  class get_awaiter final : public basic_awaiter<get_awaiter, queued_awaiter> {
   public:
    static constexpr bool revocable = true;
    get_awaiter(get_awaiter&&) = default;
    ~get_awaiter() {
      if (this->suspended()) [[unlikely]]
        abandon();
      this->report_unless_awaited();
    }
    const char* waiting_for() const noexcept override { return "queue::get"; }

   private:
    friend class basic_awaiter<get_awaiter, queued_awaiter>;
    friend class basic_queue;
    explicit get_awaiter(basic_queue& q) noexcept : queue_(&q) {}
    bool ready() override {
      claimed_ = queue_->claim_item();
      return claimed_ || queue_->shut_down_;
    }
    void park() override { queue_->getters_.push_back(*this); }
    bool unpark() noexcept override {
      queue_->getters_.remove(*this);
      return true;
    }
    std::optional<T> result() { return claimed_ ? queue_->take_claimed() : std::nullopt; }
    void abandon() noexcept {
      if (this->parked()) queue_->getters_.remove(*this);
      if (this->woken() && claimed_) queue_->give_item_back();
    }
    basic_queue* queue_;
    bool claimed_ = false;
  };

  class put_awaiter final : public basic_awaiter<put_awaiter, queued_awaiter> {
   public:
    static constexpr bool revocable = true;
    put_awaiter(put_awaiter&&) = default;
    ~put_awaiter() {
      if (this->suspended()) [[unlikely]]
        abandon();
      this->report_unless_awaited();
    }
    const char* waiting_for() const noexcept override { return "queue::put"; }

   private:
    friend class basic_awaiter<put_awaiter, queued_awaiter>;
    friend class basic_queue;
    put_awaiter(basic_queue& q, T&& item) : queue_(&q), item_(std::move(item)) {}
    bool ready() override {
      claimed_ = queue_->claim_room();
      return claimed_ || queue_->shut_down_;
    }
    void park() override { queue_->putters_.push_back(*this); }
    bool unpark() noexcept override {
      queue_->putters_.remove(*this);
      return true;
    }
    void result() {
      if (!claimed_) throw queue_shut_down{};
      queue_->put_claimed(std::move(item_));
    }
    void abandon() noexcept {
      if (this->parked()) queue_->putters_.remove(*this);
      if (this->woken() && claimed_) queue_->give_room_back();
    }
    basic_queue* queue_;
    T item_;
    bool claimed_ = false;
  };

  basic_queue(const basic_queue&) = delete;
  basic_queue& operator=(const basic_queue&) = delete;

  /// Removes and returns the next item, waiting for one; nullopt once the queue is shut down and drained.
  [[nodiscard]] get_awaiter get() noexcept { return get_awaiter{*this}; }
  /// Adds `item`, waiting while the queue is full. Errors: queue_shut_down if the queue is shut down, also
  /// during the wait.
  [[nodiscard]] put_awaiter put(T item) { return put_awaiter{*this, std::move(item)}; }
  /// Removes and returns the next item if one is available.
  std::optional<T> try_get() { return claim_item() ? take_claimed() : std::nullopt; }
  /// Adds `item` if the queue is not full; otherwise it is not moved from. Errors: queue_shut_down.
  bool try_put(T&& item) {
    if (shut_down_) throw queue_shut_down{};
    if (!claim_room()) return false;
    put_claimed(std::move(item));
    return true;
  }
  bool try_put(const T& item) { return try_put(T(item)); }

  /// Marks an item as processed, for `join`. Errors: std::logic_error if all have been.
  void task_done() {
    detail::require_unfinished(unfinished_);
    finish(1);
  }
  /// Waits until `task_done` has been called for every item (asyncio.Queue.join). Cancellation: immediate.
  [[nodiscard]] event::wait_awaiter join() noexcept { return all_done_.wait(); }
  /// The number of items that have been added but not marked as processed.
  std::size_t unfinished() const noexcept { return unfinished_; }

  /// Shuts the queue down: `put` fails, and consumers get the remaining items and then nullopt
  /// (asyncio.Queue.shutdown). `immediate`: drops the remaining items and marks them as processed.
  void shutdown(bool immediate = false) noexcept {
    shut_down_ = true;
    if (immediate) {
      const auto dropped = items_.size();
      items_.clear();
      claimed_items_ = 0;
      finish(dropped);
    }
    while (auto* g = getters_.front()) {
      getters_.remove(*g);
      static_cast<get_awaiter*>(g)->wake();
    }
    while (auto* p = putters_.front()) {
      putters_.remove(*p);
      static_cast<put_awaiter*>(p)->wake();
    }
  }
  bool is_shut_down() const noexcept { return shut_down_; }

  std::size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }
  bool full() const noexcept { return items_.size() + claimed_room_ >= capacity_; }
  std::size_t capacity() const noexcept { return capacity_; }

 protected:
  template <class... Args>
  explicit basic_queue(std::size_t capacity, Args&&... args)
      : items_(std::forward<Args>(args)...), capacity_(capacity == 0 ? unbounded : capacity) {
    all_done_.set();
  }
  ~basic_queue() = default;

 private:
  // A woken getter has a claim on one item, a woken putter on one free place. Which one is decided when it
  // runs.
  bool claim_item() noexcept {
    if (items_.size() <= claimed_items_) return false;
    ++claimed_items_;
    return true;
  }
  bool claim_room() noexcept {
    if (shut_down_ || full()) return false;
    ++claimed_room_;
    return true;
  }
  void give_item_back() noexcept {
    if (items_.empty()) return;  // dropped by an immediate shutdown
    --claimed_items_;
    wake_getter();
  }
  void give_room_back() noexcept {
    --claimed_room_;
    wake_putter();
  }
  std::optional<T> take_claimed() {
    if (items_.empty()) return std::nullopt;  // dropped by an immediate shutdown
    --claimed_items_;
    std::optional<T> item{items_.pop()};
    wake_putter();
    return item;
  }
  void put_claimed(T&& item) {
    --claimed_room_;
    if (shut_down_) throw queue_shut_down{};
    items_.push(std::move(item));
    if (unfinished_++ == 0) all_done_.clear();
    wake_getter();
  }
  void finish(std::size_t n) noexcept {
    unfinished_ -= n;
    if (unfinished_ == 0) all_done_.set();
  }
  void wake_getter() noexcept {
    if (getters_.empty() || !claim_item()) return;
    auto& first = static_cast<get_awaiter&>(*getters_.front());
    getters_.remove(first);
    first.claimed_ = true;
    first.wake();
  }
  void wake_putter() noexcept {
    if (putters_.empty() || !claim_room()) return;
    auto& first = static_cast<put_awaiter&>(*putters_.front());
    putters_.remove(first);
    first.claimed_ = true;
    first.wake();
  }

  Store items_;
  std::size_t capacity_;
  std::size_t claimed_items_ = 0;
  std::size_t claimed_room_ = 0;
  std::size_t unfinished_ = 0;
  event all_done_;
  waiter_list getters_;
  waiter_list putters_;
  bool shut_down_ = false;
};

/// A first-in, first-out queue between tasks (asyncio.Queue).
///
///     bight::queue<job> jobs{100};
///     co_await jobs.put(next);                      // waits while 100 items are in it
///     while (true) {
///       auto job = co_await jobs.get();             // nullopt once shut down and drained
///       if (!job) co_return;
///       ...
///     }
///
/// Waiting producers and consumers are woken in FIFO order, each for an item or a place that is reserved for
/// it: a woken task never has to wait again. Items stay in the queue until a consumer runs, and whichever
/// consumer runs first gets the oldest: a newcomer that finds more items than are reserved may get an older
/// item than a woken consumer, as in asyncio; likewise for producers. Cancellation: `get` takes nothing,
/// `put` adds nothing; a call that has already been granted completes. Concurrency: one loop. Lifetime: must
/// outlive its waiters.
template <class T>
class queue final : public basic_queue<T, detail::deque_store<T>> {
 public:
  /// `capacity`: the maximum number of items; 0 means unlimited, as in asyncio.
  explicit queue(std::size_t capacity = queue::unbounded)
      : basic_queue<T, detail::deque_store<T>>(capacity) {}
};

}  // namespace bight
