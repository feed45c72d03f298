// The storage and order of the items of a queue.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

namespace bight::detail {

void require_unfinished(std::size_t unfinished);

/// First in, first out; with `NewestFirst`, last in, first out.
template <class T, bool NewestFirst = false>
class deque_store {
 public:
  std::size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }
  void clear() noexcept { items_.clear(); }
  void push(T&& item) { items_.push_back(std::move(item)); }
  T pop() {
    T item{std::move(NewestFirst ? items_.back() : items_.front())};
    if constexpr (NewestFirst)
      items_.pop_back();
    else
      items_.pop_front();
    return item;
  }

 private:
  std::deque<T> items_;
};

/// The smallest item by `Compare` first, equal ones in FIFO order. An own binary heap, since <algorithm>
/// would make <bight/core.hpp> more expensive to include than all its queues.
template <class T, class Compare>
class heap_store {
 public:
  explicit heap_store(Compare compare) : compare_(std::move(compare)) {}
  std::size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }
  void clear() noexcept { items_.clear(); }
  void push(T&& item) {
    items_.push_back({std::move(item), next_++});
    auto at = items_.size() - 1;
    while (at != 0 && before(items_[at], items_[(at - 1) / 2])) {
      std::swap(items_[at], items_[(at - 1) / 2]);
      at = (at - 1) / 2;
    }
  }
  T pop() {
    T item{std::move(items_.front().item)};
    if (items_.size() != 1) items_.front() = std::move(items_.back());
    items_.pop_back();
    for (std::size_t at = 0, child = 1; child < items_.size(); at = child, child = 2 * at + 1) {
      if (child + 1 != items_.size() && before(items_[child + 1], items_[child])) ++child;
      if (!before(items_[child], items_[at])) break;
      std::swap(items_[at], items_[child]);
    }
    return item;
  }

 private:
  struct entry {
    T item;
    std::uint64_t number;
  };
  bool before(const entry& a, const entry& b) const {
    if (std::invoke(compare_, a.item, b.item)) return true;
    return a.number < b.number && !std::invoke(compare_, b.item, a.item);
  }

  std::vector<entry> items_;
  std::uint64_t next_ = 0;
  Compare compare_;
};

}  // namespace bight::detail
