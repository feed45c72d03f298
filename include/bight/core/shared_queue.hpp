// shared_queue<T>: a queue between loops and threads.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/shared_core.hpp>
#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

namespace bight {

/// A first-in, first-out queue: any thread may put, and tasks of any loop may get.
///
///     bight::shared_queue<sample> samples{1000};
///     std::jthread sensor{[&] { while (on) samples.put(read()); }};    // a plain thread: waits while full
///
///     auto s = co_await samples.get();                                 // on any loop
///     while (s) {                                                      // empty once shut down and drained
///       ...
///       s = co_await samples.get();
///     }
///
/// Tasks are served in FIFO order across loops; newcomers never overtake. An item stays in the queue until
/// the task that was woken for it runs; if that task is cancelled or its loop ends, the item is passed to the
/// next one. For tasks of one loop, use `queue`, which needs no mutex. Cancellation: `get` takes nothing; an
/// item whose task has already been woken is delivered. Virtual time runs at real speed while a task waits in
/// `get`. Concurrency: all members are thread-safe. Lifetime: the destructor shuts the queue down; no other
/// thread may be in a member then, but tasks may be waiting.
template <class T>
class shared_queue {
  using core = detail::shared_core<T>;

 public:
  static constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

  class get_awaiter final : public basic_awaiter<get_awaiter>, private detail::shared_getter::waiting {
   public:
    static constexpr bool revocable = true;
    get_awaiter(get_awaiter&&) = default;
    ~get_awaiter() {
      this->report_unless_awaited();
      if (!this->suspended() || !node_) return;
      if (this->parked()) stop_waiting();
      if (this->woken()) core_->leave(*node_);
    }
    const char* waiting_for() const noexcept override { return "shared_queue::get"; }

   private:
    friend class basic_awaiter<get_awaiter>;
    friend class shared_queue;
    explicit get_awaiter(std::shared_ptr<core> c) noexcept : core_(std::move(c)) {}
    bool ready() override {
      bool over = false;
      item_ = core_->take_free(over);
      return item_ || over;
    }
    void park() override {
      detail::shared_getter::waiting& self = *this;
      node_ = std::make_shared<detail::shared_getter>(this->loop(), self);
      detail::begin_external(this->loop());
      try {
        if (!core_->enqueue(node_)) notified();
      } catch (...) {
        detail::end_external(this->loop());
        throw;
      }
    }
    bool unpark() noexcept override {
      stop_waiting();
      return true;
    }
    void notified() noexcept override {
      detail::end_external(this->loop());
      this->wake();
    }
    void stop_waiting() noexcept {
      node_->waiter = nullptr;
      detail::end_external(this->loop());
      core_->leave(*node_);
    }
    std::optional<T> result() { return node_ ? core_->take_claimed(*node_) : std::move(item_); }

    std::shared_ptr<core> core_;
    std::shared_ptr<detail::shared_getter> node_;
    std::optional<T> item_;
  };

  /// `capacity`: the maximum number of items; 0 means unlimited.
  explicit shared_queue(std::size_t capacity = unbounded)
      : core_(std::make_shared<core>(capacity == 0 ? unbounded : capacity)) {}
  shared_queue(const shared_queue&) = delete;
  shared_queue& operator=(const shared_queue&) = delete;
  ~shared_queue() { shutdown(); }

  /// Removes and returns the next item, waiting for one; nullopt once the queue is shut down and drained.
  [[nodiscard]] get_awaiter get() noexcept { return get_awaiter{core_}; }
  /// Removes and returns the next item if one is available.
  std::optional<T> try_get() {
    bool over = false;
    return core_->take_free(over);
  }
  /// Adds `item`; blocks the calling thread while the queue is full. Errors: queue_shut_down if the queue is
  /// shut down, also during the wait; std::logic_error if it would block a running loop (use try_put).
  void put(T item) { core_->put(std::move(item)); }
  /// Same for at most `d` of real time: returns false, without moving `item`, on a timeout.
  template <class Rep, class Period>
  bool put_for(T&& item, std::chrono::duration<Rep, Period> d) {
    const std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
    const auto deadline =
        detail::deadline_after(clock::time_point{now.time_since_epoch()}, detail::to_duration(d));
    return core_->put_until(std::move(item),
                            std::chrono::steady_clock::time_point{deadline.time_since_epoch()});
  }
  /// Adds `item` if the queue is not full; otherwise it is not moved from. Never blocks. Errors:
  /// queue_shut_down.
  bool try_put(T&& item) { return core_->try_put(std::move(item)); }
  bool try_put(const T& item) { return core_->try_put(T(item)); }

  /// Shuts the queue down: `put` fails, and consumers get the remaining items and then nullopt. `immediate`:
  /// drops the remaining items.
  void shutdown(bool immediate = false) noexcept { core_->shut_down(immediate); }
  bool is_shut_down() const noexcept { return core_->is_shut_down(); }
  /// The number of items; other threads may change it at any time.
  std::size_t size() const noexcept { return core_->size(); }
  bool empty() const noexcept { return size() == 0; }
  std::size_t capacity() const noexcept { return core_->capacity(); }

 private:
  std::shared_ptr<core> core_;
};

}  // namespace bight
