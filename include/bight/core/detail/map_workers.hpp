// The workers of map_concurrent.
#pragma once
#include <bight/core/detail/range.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/detail/worker_set.hpp>
#include <deque>
#include <functional>
#include <iterator>
#include <type_traits>
#include <utility>

namespace bight::detail {

/// How a worker refers to an element: the element itself, or a copy for input ranges, whose iterator moves
/// on.
template <class V>
using map_item_t =
    std::conditional_t<std::forward_iterator<iterator_of_t<V>> || !std::is_reference_v<range_reference_t<V>>,
                       range_reference_t<V>, range_value_t<V>>;
template <class V, class F>
using map_call_t = std::invoke_result_t<F&, map_item_t<V>>;
template <class V, class F>
using map_element_t = await_result_t<map_call_t<V, F>>;

template <class V, class F>
class map_workers final : public worker_set {
 public:
  using element = map_element_t<V, F>;

  map_workers(task_base& parent, std::size_t limit, V&& range, F&& f)
      : worker_set(parent, limit), range_(std::move(range)), f_(std::move(f)), position_(range_.begin()) {}

  awaitable<void> work() override {
    while (next()) {
      map_item_t<V> item = *position_;
      if constexpr (std::is_void_v<element>) {
        auto call = to_awaitable(std::invoke(f_, std::forward<map_item_t<V>>(item)));
        co_await std::move(call);
      } else {
        auto& slot = results_.emplace_back();
        auto call = to_awaitable(std::invoke(f_, std::forward<map_item_t<V>>(item)));
        slot.emplace(co_await std::move(call));
      }
    }
  }

  gathered_range_t<element> results()
    requires(!std::is_void_v<element>)
  {
    gathered_range_t<element> all;
    all.reserve(results_.size());
    for (auto& slot : results_) all.push_back(slot.take());
    return all;
  }

 private:
  // Advances to the next element. Returns false at the end, or if the work has been stopped.
  bool next() {
    if (is_exhausted()) return false;
    exhausted(true);  // if the range throws, other workers must not use it
    if (std::exchange(taken_, true)) ++position_;
    exhausted(position_ == range_.end());
    if (is_exhausted()) return false;
    if (!stopped()) return true;
    skip();
    return false;
  }

  V range_;
  F f_;
  iterator_of_t<V> position_;
  bool taken_ = false;
  std::deque<result_slot<element>> results_;
};

template <class V, class F>
awaitable<gathered_range_t<map_element_t<V, F>>> map_with_workers(V range, std::size_t limit, F f) {
  task_awaiter self;
  auto& parent = co_await self;
  map_workers<V, F> workers(parent, limit, std::move(range), std::move(f));
  worker_set_awaiter all(workers);
  co_await all;
  if constexpr (!std::is_void_v<map_element_t<V, F>>) co_return workers.results();
}

}  // namespace bight::detail
