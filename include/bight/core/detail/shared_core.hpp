// The items of a shared_queue, and who waits for them: one mutex around all.
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

  /// An item that is kept for nobody. `over`: there is none and never will be.
  std::optional<T> take_free(bool& over) {
    const std::lock_guard lock{mutex_};
    over = shut_down_;
    if (items_.size() <= claimed_) return std::nullopt;
    return pop();
  }
  /// Gets in line. Returns false if it need not: an item is kept for it, or there will be none.
  bool line_up(const getter& g) {
    const std::lock_guard lock{mutex_};
    if (items_.size() > claimed_) {
      ++claimed_;
      g->claimed = true;
    }
    if (g->claimed || shut_down_) {
      g->told = true;
      return false;
    }
    g->place = line_.insert(line_.end(), g);
    return true;
  }
  /// Gives up: out of the line, or what was kept for it goes to the next one.
  void leave(shared_getter& g) noexcept {
    getter next;
    {
      const std::lock_guard lock{mutex_};
      if (!g.told && !g.claimed) {
        line_.erase(g.place);
        g.told = true;
        return;
      }
      if (!std::exchange(g.claimed, false) || items_.empty()) return;
      --claimed_;
      next = claim_for_next();
    }
    send_home(std::move(next));
  }
  /// What was kept for it; empty after a shutdown.
  std::optional<T> take_claimed(shared_getter& g) {
    const std::lock_guard lock{mutex_};
    if (!std::exchange(g.claimed, false) || items_.empty()) return std::nullopt;
    --claimed_;
    return pop();
  }

  void shut_down(bool immediate) noexcept {
    shared_getter::line line;
    std::deque<T> dropped;
    {
      const std::lock_guard lock{mutex_};
      shut_down_ = true;
      if (immediate) {
        dropped.swap(items_);
        claimed_ = 0;
      }
      line.swap(line_);
      for (const auto& g : line) g->told = true;
    }
    room_.notify_all();
    for (auto& g : line) send_home(std::move(g));
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
    send_home(std::move(next));
  }
  T pop() {
    T item{std::move(items_.front())};
    items_.pop_front();
    room_.notify_one();
    return item;
  }
  getter claim_for_next() noexcept {
    if (line_.empty() || items_.size() <= claimed_) return nullptr;
    getter g = std::move(line_.front());
    line_.pop_front();
    ++claimed_;
    g->told = g->claimed = true;
    return g;
  }

  mutable std::mutex mutex_;
  blocking_condition room_;
  std::deque<T> items_;
  const std::size_t capacity_;
  std::size_t claimed_ = 0;  // items that are kept for getters that were told
  bool shut_down_ = false;
  shared_getter::line line_;
};

}  // namespace bight::detail
