// Range concepts based on <iterator>: <ranges> would make <bight/core.hpp> a tenth more expensive to include.
#pragma once
#include <concepts>
#include <cstddef>
#include <iterator>
#include <type_traits>
#include <utility>

namespace bight::detail {

template <class R>
using iterator_of_t = decltype(std::ranges::begin(std::declval<R&>()));
template <class R>
using range_reference_t = std::iter_reference_t<iterator_of_t<R>>;
template <class R>
using range_value_t = std::iter_value_t<iterator_of_t<R>>;

/// std::ranges::input_range.
template <class R>
concept input_range = requires(R& r) {
  { std::ranges::begin(r) } -> std::input_iterator;
  { std::ranges::end(r) } -> std::sentinel_for<iterator_of_t<R>>;
};

/// The size of a range if it is known in constant time, otherwise 0.
template <class R>
std::size_t size_hint(R& r) {
  if constexpr (requires { std::ranges::size(r); })
    return static_cast<std::size_t>(std::ranges::size(r));
  else
    return 0;
}

/// Keeps a range: a reference to an lvalue, otherwise the range itself.
template <class R>
class kept_range {
 public:
  explicit kept_range(R&& r) : range_(std::forward<R>(r)) {}
  auto begin() { return std::ranges::begin(range_); }
  auto end() { return std::ranges::end(range_); }

 private:
  R range_;
};

}  // namespace bight::detail
