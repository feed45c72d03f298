// Where the items of a queue are, and which comes out next.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

namespace bight::detail {

void require_unfinished(std::size_t unfinished);

/// In a line: out comes the oldest, or the newest.
template <class T, bool NewestFirst = false>
class line_store {
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

/// The least by `Compare` first; of equal ones the oldest.
template <class T, class Compare>
class heap_store {
 public:
  explicit heap_store(Compare compare) : compare_(std::move(compare)) {}
  std::size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }
  void clear() noexcept { items_.clear(); }
  void push(T&& item) {
    items_.push_back({std::move(item), next_++});
    std::push_heap(items_.begin(), items_.end(), later());
  }
  T pop() {
    std::pop_heap(items_.begin(), items_.end(), later());
    T item{std::move(items_.back().item)};
    items_.pop_back();
    return item;
  }

 private:
  struct entry {
    T item;
    std::uint64_t number;
  };
  // What a heap has on top is what no other is greater than.
  auto later() const {
    return [this](const entry& a, const entry& b) {
      if (std::invoke(compare_, b.item, a.item)) return true;
      return !std::invoke(compare_, a.item, b.item) && b.number < a.number;
    };
  }

  std::vector<entry> items_;
  std::uint64_t next_ = 0;
  Compare compare_;
};

}  // namespace bight::detail
