// How the columns of a row become C++ values.
#pragma once
#include <bight/pg/detail/row_layout.hpp>
#include <bight/pg/value_codec.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace bight::pg::detail {

// Errors: errc::wrong_column or errc::unexpected_null, with the names of column, type and member.
[[noreturn]] void throw_unexpected_null(const column& c);
[[noreturn]] void throw_wrong_value(const column& c, const codec_error& why);
/// `wanted`: what it is read into, such as "member x"; may be empty.
[[noreturn]] void throw_wrong_type(const column& c, const std::string& why, std::string_view wanted);
[[noreturn]] void throw_wrong_count(const row_layout& layout, std::size_t wanted);
void require_column(const row_layout& layout, std::size_t i);
std::size_t require_column(const row_layout& layout, std::string_view name);

/// Walks the fields of a DataRow that is known to be well-formed.
class field_cursor {
 public:
  explicit field_cursor(const char* body) noexcept : at_(body + 2) {}
  /// The next field; nullopt for NULL.
  std::optional<std::string_view> next() noexcept {
    std::uint32_t size;
    std::memcpy(&size, at_, sizeof size);
    at_ += sizeof size;
    ++index_;
    const auto n = static_cast<std::int32_t>(to_network_order(size));
    if (n < 0) return std::nullopt;
    return std::string_view{std::exchange(at_, at_ + n), static_cast<std::size_t>(n)};
  }
  std::size_t index() const noexcept { return index_; }

 private:
  const char* at_;
  std::size_t index_ = 0;
};

/// Errors: errc::wrong_column.
template <class T>
void require_type(const column& c, std::string_view wanted) {
  using value = result_value_t<T>;
  static_assert(decodable<value>, "bight::pg: there is no codec to read this type; see <bight/pg/codec.hpp>");
  const auto& base = c.type->base();
  if (reads_format<value>(base, c.format) && reads<value>(base)) [[likely]]
    return;
  throw_wrong_type(c, check_result<T>(*c.type, c.format), wanted);
}

/// The type of the server whose binary values are the bytes of a T in network order; 0: there is none. Such
/// values are decoded here without a value_reader, which costs more than the value.
template <class T>
inline constexpr oid plain_type = 0;
template <>
inline constexpr oid plain_type<std::int16_t> = oids::int2;
template <>
inline constexpr oid plain_type<std::int32_t> = oids::int4;
template <>
inline constexpr oid plain_type<std::int64_t> = oids::int8;
template <>
inline constexpr oid plain_type<oid> = oids::oid_;

/// Precondition: require_type. `problem` may be used for many fields.
template <class T>
T decode_field(const column& c, std::optional<std::string_view> bytes, codec_error& problem) {
  if constexpr (plain_type<T> != 0) {
    if (bytes && bytes->size() == sizeof(T) && c.format == format::binary &&
        c.type->base().id() == plain_type<T>) [[likely]] {
      std::make_unsigned_t<T> value;
      std::memcpy(&value, bytes->data(), sizeof value);
      return static_cast<T>(to_network_order(value));
    }
  }
  if constexpr (!is_optional<T>) {
    if (!bytes) [[unlikely]]
      throw_unexpected_null(c);
  }
  T value = read_value<T>(c.type->base(), c.format, bytes, problem);
  if (problem) [[unlikely]]
    throw_wrong_value(c, problem);
  return value;
}

template <class T>
T read_field(const column& c, std::optional<std::string_view> bytes) {
  require_type<T>(c, {});
  codec_error problem;
  return decode_field<T>(c, bytes, problem);
}

/// How a row becomes a T, checked once for all rows. Specialized for described structs.
template <class T>
class row_plan {
 public:
  explicit row_plan(const row_layout& layout) {
    if (layout.columns.size() != 1) throw_wrong_count(layout, 1);
    require_type<T>(layout.columns.front(), {});
  }
  T read(const row_layout& layout, const char* body) const {
    codec_error problem;
    return decode_field<T>(layout.columns.front(), field_cursor{body}.next(), problem);
  }
};

template <class Tuple>
class tuple_plan {
 public:
  explicit tuple_plan(const row_layout& layout) {
    if (layout.columns.size() != size) throw_wrong_count(layout, size);
    check(layout, indices{});
  }
  Tuple read(const row_layout& layout, const char* body) const { return read(layout, body, indices{}); }

 private:
  static constexpr std::size_t size = std::tuple_size_v<Tuple>;
  using indices = std::make_index_sequence<size>;

  template <std::size_t... I>
  static void check(const row_layout& layout, std::index_sequence<I...>) {
    (require_type<std::tuple_element_t<I, Tuple>>(layout.columns[I], "element of a tuple"), ...);
  }
  template <std::size_t... I>
  static Tuple read(const row_layout& layout, const char* body, std::index_sequence<I...>) {
    codec_error problem;
    field_cursor fields{body};
    return Tuple{decode_field<std::tuple_element_t<I, Tuple>>(layout.columns[I], fields.next(), problem)...};
  }
};

template <class... T>
class row_plan<std::tuple<T...>> : public tuple_plan<std::tuple<T...>> {
  using tuple_plan<std::tuple<T...>>::tuple_plan;
};
template <class A, class B>
class row_plan<std::pair<A, B>> : public tuple_plan<std::pair<A, B>> {
  using tuple_plan<std::pair<A, B>>::tuple_plan;
};

}  // namespace bight::pg::detail
