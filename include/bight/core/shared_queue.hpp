// shared_queue<T>: items between loops and threads.
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

/// A first-in, first-out queue that any thread may put into and the tasks of any loops may take from.
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
/// Tasks are served in the order in which they came, over all loops, and newcomers never overtake. An item
/// stays in the queue until the task that it woke runs: if that is cancelled, or its loop ends, the item goes
/// to the next one. Between tasks of one loop use `queue`, which needs no mutex. Cancellation: `get` takes
/// nothing; an item whose task was woken just before is delivered. Virtual time: runs at real speed while a
/// task waits in `get`. Concurrency: all members from any thread. Lifetime: destroying it shuts it down; no
/// other thread may be in a member then, but tasks may wait.
template <class T>
class shared_queue {
  using core = detail::shared_core<T>;

 public:
  static constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

  class get_awaiter final : public basic_awaiter<get_awaiter>, private detail::shared_getter::waiting {
   public:
    static constexpr bool gives_back = true;
    get_awaiter(get_awaiter&&) = default;
    ~get_awaiter() {
      this->report_unless_awaited();
      if (!this->left_behind() || !node_) return;
      if (this->parked()) step_out();
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
        if (!core_->line_up(node_)) told();
      } catch (...) {
        detail::end_external(this->loop());
        throw;
      }
    }
    bool unpark() noexcept override {
      step_out();
      return true;
    }
    void told() noexcept override {
      detail::end_external(this->loop());
      this->wake();
    }
    void step_out() noexcept {
      node_->waiter = nullptr;
      detail::end_external(this->loop());
      core_->leave(*node_);
    }
    std::optional<T> result() { return node_ ? core_->take_claimed(*node_) : std::move(item_); }

    std::shared_ptr<core> core_;
    std::shared_ptr<detail::shared_getter> node_;
    std::optional<T> item_;
  };

  /// `capacity`: how many items it holds; zero means no limit.
  explicit shared_queue(std::size_t capacity = unbounded)
      : core_(std::make_shared<core>(capacity == 0 ? unbounded : capacity)) {}
  shared_queue(const shared_queue&) = delete;
  shared_queue& operator=(const shared_queue&) = delete;
  ~shared_queue() { shutdown(); }

  /// Takes the next item, waiting for one. Empty once the queue is shut down and drained.
  [[nodiscard]] get_awaiter get() noexcept { return get_awaiter{core_}; }
  /// Takes the next item if there is one that no task waits for.
  std::optional<T> try_get() {
    bool over = false;
    return core_->take_free(over);
  }
  /// Puts `item`; blocks the calling thread while the queue is full. Errors: queue_shut_down if it is, or is
  /// being, shut down; std::logic_error where it would block a running loop: use try_put there.
  void put(T item) { core_->put(std::move(item)); }
  /// The same, for at most `d` of real time: false, with nothing moved, if there was no room.
  template <class Rep, class Period>
  bool put_for(T&& item, std::chrono::duration<Rep, Period> d) {
    const std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
    const auto deadline =
        detail::deadline_after(clock::time_point{now.time_since_epoch()}, detail::to_duration(d));
    return core_->put_until(std::move(item),
                            std::chrono::steady_clock::time_point{deadline.time_since_epoch()});
  }
  /// Puts `item` if there is room; it is moved from only then. Never waits. Throws queue_shut_down.
  bool try_put(T&& item) { return core_->try_put(std::move(item)); }
  bool try_put(const T& item) { return core_->try_put(T(item)); }

  /// No more puts: waiting ones fail, consumers get what is left and then nothing. `immediate`: what is left
  /// is dropped.
  void shutdown(bool immediate = false) noexcept { core_->shut_down(immediate); }
  bool is_shut_down() const noexcept { return core_->is_shut_down(); }
  /// Items in it now; other threads may change that at any time.
  std::size_t size() const noexcept { return core_->size(); }
  bool empty() const noexcept { return size() == 0; }
  std::size_t capacity() const noexcept { return core_->capacity(); }

 private:
  std::shared_ptr<core> core_;
};

}  // namespace bight
