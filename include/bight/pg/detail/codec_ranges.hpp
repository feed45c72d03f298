// Codecs of ranges and multiranges.
#pragma once
#include <bight/pg/range.hpp>
#include <bight/pg/value_codec.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace bight::pg {
namespace detail {

/// The flags that a range begins with.
enum range_flags : std::uint8_t {
  range_empty = 0x01,
  range_lower_inclusive = 0x02,
  range_upper_inclusive = 0x04,
  range_lower_unbounded = 0x08,
  range_upper_unbounded = 0x10,
};

/// Fails for flags that are not known.
std::uint8_t take_range_flags(value_reader& in);
/// The number of ranges of a multirange: no more than what follows can hold.
std::size_t take_range_count(value_reader& in);

template <class T>
std::uint8_t flags_of(const range<T>& r) noexcept {
  if (r.empty) return range_empty;
  const int lower = !r.lower ? range_lower_unbounded : r.lower_inclusive ? range_lower_inclusive : 0;
  const int upper = !r.upper ? range_upper_unbounded : r.upper_inclusive ? range_upper_inclusive : 0;
  return static_cast<std::uint8_t>(lower | upper);
}

}  // namespace detail

/// Ranges, also those that the database defines.
template <class T>
struct codec<range<T>> {
  static bool reads(const data_type& t) {
    return t.kind() == type_kind::range && detail::reads<T>(t.element()->base());
  }
  static bool writes(const data_type& t) {
    return t.kind() == type_kind::range && detail::writes<T>(t.element()->base());
  }
  static void encode(const range<T>& value, value_writer& out) {
    out.put(detail::flags_of(value));
    if (value.empty) return;
    auto bound = out.part(*out.type().element());
    if (value.lower) write_part(*value.lower, bound);
    if (value.upper) write_part(*value.upper, bound);
  }
  static range<T> decode(value_reader& in) {
    range<T> value;
    const auto flags = detail::take_range_flags(in);
    value.empty = (flags & detail::range_empty) != 0;
    if (value.empty || in.failed()) return value;
    if ((flags & detail::range_lower_unbounded) == 0) value.lower = read_part<T>(in, *in.type().element());
    if ((flags & detail::range_upper_unbounded) == 0) value.upper = read_part<T>(in, *in.type().element());
    value.lower_inclusive = !value.lower || (flags & detail::range_lower_inclusive) != 0;
    value.upper_inclusive = value.upper && (flags & detail::range_upper_inclusive) != 0;
    return value;
  }
};

template <class T>
struct codec<multirange<T>> {
  static bool reads(const data_type& t) {
    return t.kind() == type_kind::multirange && codec<range<T>>::reads(*t.element());
  }
  static bool writes(const data_type& t) {
    return t.kind() == type_kind::multirange && codec<range<T>>::writes(*t.element());
  }
  static void encode(const multirange<T>& value, value_writer& out) {
    out.put(static_cast<std::int32_t>(value.ranges.size()));
    auto part = out.part(*out.type().element());
    for (std::size_t i = 0; i != value.ranges.size(); ++i) {
      write_part(value.ranges[i], part);
      if (out.failed()) return out.error().within_element(i);
    }
  }
  static multirange<T> decode(value_reader& in) {
    multirange<T> value;
    const auto n = detail::take_range_count(in);
    value.ranges.reserve(n);
    for (std::size_t i = 0; i != n; ++i) {
      value.ranges.push_back(read_part<range<T>>(in, *in.type().element()));
      if (in.failed()) {
        in.error().within_element(i);
        break;
      }
    }
    return value;
  }
};

}  // namespace bight::pg
