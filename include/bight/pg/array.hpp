// array: PostgreSQL's arrays with their dimensions and lower bounds.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace bight::pg {

/// The most dimensions that an array of PostgreSQL has.
inline constexpr std::size_t max_dimensions = 6;

struct array_dimension {
  std::int32_t size = 0;
  std::int32_t lower_bound = 1;  ///< The index of the first element in SQL.

  friend bool operator==(const array_dimension&, const array_dimension&) = default;
};

/// An array of any dimensions, where std::vector is not enough: it keeps lower bounds, and the dimensions
/// need not be known beforehand.
template <class T>
struct array {
  array() = default;
  /// One dimension.
  explicit array(std::vector<T> all, std::int32_t lower_bound = 1) : elements(std::move(all)) {
    if (!elements.empty()) dimensions.push_back({static_cast<std::int32_t>(elements.size()), lower_bound});
  }

  std::vector<array_dimension> dimensions;  ///< Outermost first; none if the array is empty.
  std::vector<T> elements;                  ///< The last index varies fastest. As many as the dimensions say.

  friend bool operator==(const array&, const array&) = default;
};

}  // namespace bight::pg
