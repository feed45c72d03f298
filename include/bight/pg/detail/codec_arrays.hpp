// Codecs of arrays: std::vector, nested for more dimensions, and pg::array.
#pragma once
#include <array>
#include <bight/pg/array.hpp>
#include <bight/pg/value_codec.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight::pg {
namespace detail {

/// What an array begins with. Rank 0: empty.
struct array_head {
  std::array<array_dimension, max_dimensions> dimensions{};
  std::size_t rank = 0;
  std::size_t count = 0;  ///< Elements in all.
};

/// Reads and checks the head: as many elements as `count` says fit into what follows. Rank 0 after a failure.
array_head take_array_head(value_reader& in);
/// Fails unless a value of this rank, or an empty one, is read.
void require_rank(const array_head& head, std::size_t rank, value_reader& in);
/// Puts the head of an array of what `out.type()` has for elements. Returns: the position of the flag that
/// says whether there are NULLs.
std::size_t put_array_head(std::span<const array_dimension> dimensions, value_writer& out);
/// The number of elements of these dimensions. Fails if they are impossible.
std::size_t count_elements(std::span<const array_dimension> dimensions, value_writer& out);
void fail_ragged(value_writer& out);

// A type that is transferred as an array: rank is the number of dimensions, element what is in the innermost.
template <class T>
struct array_shape {
  static constexpr std::size_t rank = 0;
  using element = T;
};
template <class T>
struct nested_shape {
  static constexpr std::size_t rank = array_shape<T>::rank + 1;
  static_assert(rank <= max_dimensions, "bight::pg: arrays of PostgreSQL have at most 6 dimensions");
  using element = typename array_shape<T>::element;
};
template <class T>
  requires(!std::is_same_v<T, std::byte>)
struct array_shape<std::vector<T>> : nested_shape<T> {};
template <class T, std::size_t N>
struct array_shape<std::array<T, N>> : nested_shape<T> {};
template <class T, std::size_t N>
  requires(!std::is_same_v<std::remove_const_t<T>, std::byte>)
struct array_shape<std::span<T, N>> : nested_shape<std::remove_const_t<T>> {};

template <class T>
concept array_like = array_shape<T>::rank != 0;
template <class T>
using array_element = typename array_shape<T>::element;

/// The array type of what parameter_type returns; 0: the server decides.
constexpr oid builtin_array_type(oid element) noexcept {
  constexpr std::array<std::array<oid, 2>, 21> types{
      {{16, 1000},   {17, 1001},   {18, 1002},   {20, 1016},   {21, 1005},   {23, 1007},   {700, 1021},
       {701, 1022},  {650, 651},   {869, 1041},  {829, 1040},  {774, 775},   {1082, 1182}, {1083, 1183},
       {1114, 1115}, {1184, 1185}, {1186, 1187}, {1700, 1231}, {2950, 2951}, {114, 199},   {3802, 3807}}};
  for (const auto& [id, array] : types)
    if (id == element) return array;
  return 0;
}

template <class T>
void read_level(value_reader& in, const array_head& head, std::size_t level, std::vector<T>& to) {
  const auto n = static_cast<std::size_t>(head.dimensions[level].size);
  to.reserve(n);
  for (std::size_t i = 0; i != n; ++i) {
    if constexpr (array_like<T>)
      read_level(in, head, level + 1, to.emplace_back());
    else
      to.push_back(read_part<T>(in, *in.type().element()));
    if (in.failed()) [[unlikely]]
      return in.error().within_element(i);
  }
}

// The sizes of nested containers, which must be rectangular; -1: not known yet.
template <class T>
void measure(const T& value, array_head& head, std::size_t level, value_writer& out) {
  auto& size = head.dimensions[level].size;
  if (!std::in_range<std::int32_t>(value.size())) return out.fail("more elements than an array may have");
  const auto n = static_cast<std::int32_t>(value.size());
  if (size != -1 && size != n) return fail_ragged(out);
  size = n;
  if constexpr (array_shape<T>::rank > 1) {
    std::size_t i = 0;
    for (const auto& inner : value) {
      measure(inner, head, level + 1, out);
      if (out.failed()) return out.error().within_element(i);
      ++i;
    }
  }
}

template <class T>
array_head head_of(const T& value, value_writer& out) {
  array_head head;
  head.rank = array_shape<T>::rank;
  const auto dimensions = std::span{head.dimensions}.first(head.rank);
  for (auto& d : dimensions) d.size = -1;
  measure(value, head, 0, out);
  for (auto& d : dimensions) d.size = d.size == -1 ? 0 : d.size;
  head.count = out.failed() ? 0 : count_elements(dimensions, out);
  if (head.count == 0) head.rank = 0;
  return head;
}

template <class T>
void write_level(const T& value, const data_type& element, value_writer& out) {
  std::size_t i = 0;
  for (auto&& each : value) {
    if constexpr (array_shape<T>::rank > 1) {
      write_level(each, element, out);
    } else {
      const array_element<T>& one = each;  // of std::vector<bool>: a copy
      auto part = out.part(element);
      write_part(one, part);
    }
    if (out.failed()) [[unlikely]]
      return out.error().within_element(i);
    ++i;
  }
}

template <class T>
bool has_null(const T& value) {
  if constexpr (!is_optional<array_element<T>>) {
    return false;
  } else {
    for (const auto& each : value) {
      if constexpr (array_shape<T>::rank > 1) {
        if (has_null(each)) return true;
      } else {
        if (!each) return true;
      }
    }
    return false;
  }
}

template <class T>
struct array_types {
  static bool reads(const data_type& t) {
    return t.kind() == type_kind::array && detail::reads<result_value_t<T>>(t.element()->base());
  }
  static bool writes(const data_type& t) {
    return t.kind() == type_kind::array && detail::writes<parameter_value_t<T>>(t.element()->base());
  }
};

}  // namespace detail

/// Arrays of any depth: std::vector, std::array and std::span, nested for more dimensions; only vectors are
/// results. Elements may be std::optional, otherwise NULL is an error. Lower bounds are not kept: see
/// pg::array. An empty array has no dimensions; it is read as an empty vector of any depth.
template <detail::array_like T>
struct codec<T> : detail::array_types<detail::array_element<T>> {
  static constexpr oid type = detail::builtin_array_type(parameter_type<detail::array_element<T>>());

  static void encode(const T& value, value_writer& out) {
    const auto head = detail::head_of(value, out);
    if (out.failed()) return;
    const auto flags = detail::put_array_head(std::span{head.dimensions}.first(head.rank), out);
    if (head.rank == 0) return;
    if (detail::has_null(value)) out.patch<std::int32_t>(flags, 1);
    detail::write_level(value, *out.type().element(), out);
  }
  static T decode(value_reader& in)
    requires requires(T& to) { detail::read_level(in, detail::array_head{}, 0, to); }
  {
    T value;
    const auto head = detail::take_array_head(in);
    detail::require_rank(head, detail::array_shape<T>::rank, in);
    if (head.rank != 0 && !in.failed()) detail::read_level(in, head, 0, value);
    return value;
  }
};

/// Arrays with their dimensions and lower bounds.
template <class T>
struct codec<array<T>> : detail::array_types<T> {
  static constexpr oid type = detail::builtin_array_type(parameter_type<T>());

  static void encode(const array<T>& value, value_writer& out) {
    const auto n = detail::count_elements(value.dimensions, out);
    if (n != value.elements.size())
      return out.fail("the dimensions say " + std::to_string(n) + " elements, but there are " +
                      std::to_string(value.elements.size()));
    const auto flags = detail::put_array_head(
        n == 0 ? std::span<const array_dimension>{} : std::span{value.dimensions}, out);
    if (n == 0) return;
    if (detail::has_null(value.elements)) out.patch<std::int32_t>(flags, 1);
    detail::write_level(value.elements, *out.type().element(), out);
  }
  static array<T> decode(value_reader& in) {
    array<T> value;
    const auto head = detail::take_array_head(in);
    value.dimensions.assign(head.dimensions.begin(),
                            head.dimensions.begin() + static_cast<std::ptrdiff_t>(head.rank));
    value.elements.reserve(head.count);
    for (std::size_t i = 0; i != head.count && !in.failed(); ++i) {
      value.elements.push_back(read_part<T>(in, *in.type().element()));
      if (in.failed()) in.error().within_element(i);
    }
    return value;
  }
};

}  // namespace bight::pg
