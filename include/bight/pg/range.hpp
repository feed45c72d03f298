// range, multirange: PostgreSQL's range types.
#pragma once
#include <optional>
#include <utility>
#include <vector>

namespace bight::pg {

/// A range of values, as int4range, daterange and so on. Default: from minus infinity to infinity. Ranges of
/// integers and dates come back from the server in the form [lower, upper).
///
///     pg::range<int> below_ten{std::nullopt, 10};      // (,10)
///     auto closed = pg::range<int>::closed(1, 10);     // [1,10]
template <class T>
struct range {
  range() = default;
  /// [lower, upper); nullopt: unbounded.
  range(std::optional<T> from, std::optional<T> to) : lower(std::move(from)), upper(std::move(to)) {}
  /// [lower, upper]
  static range closed(T from, T to) {
    range r{std::move(from), std::move(to)};
    r.upper_inclusive = true;
    return r;
  }
  /// The range that contains nothing.
  static range none() {
    range r;
    r.empty = true;
    return r;
  }

  std::optional<T> lower;        ///< nullopt: unbounded.
  std::optional<T> upper;        ///< nullopt: unbounded.
  bool lower_inclusive = true;   ///< Meaningless without a bound.
  bool upper_inclusive = false;  ///< Meaningless without a bound.
  bool empty = false;            ///< Nothing is in the range; the bounds are meaningless.

  /// Precondition: T has <.
  bool contains(const T& value) const {
    if (empty) return false;
    if (lower && (lower_inclusive ? value < *lower : !(*lower < value))) return false;
    return !upper || (upper_inclusive ? !(*upper < value) : value < *upper);
  }

  friend bool operator==(const range& a, const range& b) {
    if (a.empty || b.empty) return a.empty == b.empty;
    return a.lower == b.lower && a.upper == b.upper && (!a.lower || a.lower_inclusive == b.lower_inclusive) &&
           (!a.upper || a.upper_inclusive == b.upper_inclusive);
  }
};

/// Several ranges, as int4multirange and so on. The server returns them in order, without overlaps.
template <class T>
struct multirange {
  multirange() = default;
  explicit multirange(std::vector<range<T>> all) : ranges(std::move(all)) {}

  std::vector<range<T>> ranges;

  friend bool operator==(const multirange&, const multirange&) = default;
};

}  // namespace bight::pg
