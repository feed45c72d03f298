// The items and waiters of a shared_queue, protected by one mutex.
#pragma once
#include <bight/core/detail/blocking_condition.hpp>
#include <bight/core/detail/shared_getter.hpp>
#include <bight/core/error.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace bight::detail {

template <class T>
class shared_core {
 public:
  using getter = std::shared_ptr<shared_getter>;

  explicit shared_core(std::size_t capacity) noexcept : capacity_(capacity) {}

  bool try_put(T&& item) {
    std::unique_lock lock{mutex_};
    if (shut_down_) throw queue_shut_down{};
    if (full()) return false;
    push(std::move(item), lock);
    return true;
  }
  void put(T&& item) {
    std::unique_lock lock{mutex_};
    if (!shut_down_ && full()) {
      forbid_blocking_here();
      while (!shut_down_ && full()) room_.wait(lock);
    }
    if (shut_down_) throw queue_shut_down{};
    push(std::move(item), lock);
  }
  bool put_until(T&& item, std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock{mutex_};
    if (!shut_down_ && full()) {
      forbid_blocking_here();
      while (!shut_down_ && full())
        if (!room_.wait_until(lock, deadline) && !shut_down_ && full()) return false;
    }
    if (shut_down_) throw queue_shut_down{};
    push(std::move(item), lock);
    return true;
  }

  /// An item that is not reserved. `over`: there is none and none will come.
  std::optional<T> take_free(bool& over) {
    const std::lock_guard lock{mutex_};
    over = shut_down_;
    if (items_.size() <= claimed_) return std::nullopt;
    return pop();
  }
  /// Enqueues a getter. Returns false if it need not wait: an item is reserved for it, or none will come.
  bool enqueue(const getter& g) {
    const std::lock_guard lock{mutex_};
    if (items_.size() > claimed_) {
      ++claimed_;
      g->claimed = true;
    }
    if (g->claimed || shut_down_) {
      g->notified = true;
      return false;
    }
    g->place = waiting_.insert(waiting_.end(), g);
    return true;
  }
  /// Removes a getter from the queue, or passes the item that is reserved for it to the next one.
  void leave(shared_getter& g) noexcept {
    getter next;
    {
      const std::lock_guard lock{mutex_};
      if (!g.notified && !g.claimed) {
        waiting_.erase(g.place);
        g.notified = true;
        return;
      }
      if (!std::exchange(g.claimed, false) || items_.empty()) return;
      --claimed_;
      next = claim_for_next();
    }
    notify(std::move(next));
  }
  /// The item reserved for `g`; empty after a shutdown.
  std::optional<T> take_claimed(shared_getter& g) {
    const std::lock_guard lock{mutex_};
    if (!std::exchange(g.claimed, false) || items_.empty()) return std::nullopt;
    --claimed_;
    return pop();
  }

  void shut_down(bool immediate) noexcept {
    shared_getter::queue_type waiting;
    std::deque<T> dropped;
    {
      const std::lock_guard lock{mutex_};
      shut_down_ = true;
      if (immediate) {
        dropped.swap(items_);
        claimed_ = 0;
      }
      waiting.swap(waiting_);
      for (const auto& g : waiting) g->notified = true;
    }
    room_.notify_all();
    for (auto& g : waiting) notify(std::move(g));
  }
  bool is_shut_down() const noexcept {
    const std::lock_guard lock{mutex_};
    return shut_down_;
  }
  std::size_t size() const noexcept {
    const std::lock_guard lock{mutex_};
    return items_.size();
  }
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  bool full() const noexcept { return items_.size() >= capacity_; }
  void push(T&& item, std::unique_lock<std::mutex>& lock) {
    items_.push_back(std::move(item));
    auto next = claim_for_next();
    lock.unlock();
    notify(std::move(next));
  }
  T pop() {
    T item{std::move(items_.front())};
    items_.pop_front();
    room_.notify_one();
    return item;
  }
  getter claim_for_next() noexcept {
    if (waiting_.empty() || items_.size() <= claimed_) return nullptr;
    getter g = std::move(waiting_.front());
    waiting_.pop_front();
    ++claimed_;
    g->notified = g->claimed = true;
    return g;
  }

  mutable std::mutex mutex_;
  blocking_condition room_;
  std::deque<T> items_;
  const std::size_t capacity_;
  std::size_t claimed_ = 0;  // items that are kept for getters that were notified
  bool shut_down_ = false;
  shared_getter::queue_type waiting_;
};

}  // namespace bight::detail
