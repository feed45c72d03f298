// The workers of map_concurrent.
#pragma once
#include <bight/core/detail/crew.hpp>
#include <bight/core/detail/range.hpp>
#include <bight/core/detail/traits.hpp>
#include <deque>
#include <functional>
#include <iterator>
#include <type_traits>
#include <utility>

namespace bight::detail {

/// What a worker keeps of an element while it works: the element where it stays, a copy where the range's
/// iterator moves on from under it.
template <class V>
using map_item_t =
    std::conditional_t<std::forward_iterator<iterator_of_t<V>> || !std::is_reference_v<range_reference_t<V>>,
                       range_reference_t<V>, range_value_t<V>>;
template <class V, class F>
using map_call_t = std::invoke_result_t<F&, map_item_t<V>>;
template <class V, class F>
using map_element_t = await_result_t<map_call_t<V, F>>;

template <class V, class F>
class map_crew final : public crew {
 public:
  using element = map_element_t<V, F>;

  map_crew(task_base& parent, std::size_t limit, V&& range, F&& f)
      : crew(parent, limit), range_(std::move(range)), f_(std::move(f)), position_(range_.begin()) {}

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
  // Moves on to the next element. False: there is none, or the crew stops.
  bool next() {
    if (is_exhausted()) return false;
    exhausted(true);  // if the range throws, the others let it be
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
awaitable<gathered_range_t<map_element_t<V, F>>> map_in_crew(V range, std::size_t limit, F f) {
  task_awaiter self;
  auto& parent = co_await self;
  map_crew<V, F> crew(parent, limit, std::move(range), std::move(f));
  crew_awaiter all(crew);
  co_await all;
  if constexpr (!std::is_void_v<map_element_t<V, F>>) co_return crew.results();
}

}  // namespace bight::detail
