// Codecs of bool, numbers, texts and bytes.
#pragma once
#include <bight/pg/value_codec.hpp>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::pg {

/// bool
template <>
struct codec<bool> {
  static constexpr oid type = oids::boolean;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(bool value, value_writer& out) { out.put<std::uint8_t>(value ? 1 : 0); }
  static bool decode(value_reader& in) {
    const auto byte = in.take<std::uint8_t>();
    if (byte > 1) [[unlikely]]
      in.fail("malformed bool: " + std::to_string(byte));
    return byte == 1;
  }
};

/// "char": one byte.
template <>
struct codec<char> {
  static constexpr oid type = oids::char_;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(char value, value_writer& out) {
    out.put<std::uint8_t>(static_cast<std::uint8_t>(value));
  }
  static char decode(value_reader& in) { return static_cast<char>(in.take<std::uint8_t>()); }
};

namespace detail {

template <class T>
concept integer =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

/// An integer of any type of the server. Fails if it is of no integer type.
inline std::int64_t take_integer(value_reader& in) {
  switch (in.type().id()) {
    case oids::int4:
      return in.take<std::int32_t>();
    case oids::int8:
      return in.take<std::int64_t>();
    case oids::int2:
      return in.take<std::int16_t>();
    case oids::oid_:
      return in.take<std::uint32_t>();
    default:
      in.fail(std::string{in.type().name()} + " is not an integer");
      return 0;
  }
}

/// Writes `value` as the integer, numeric or floating-point number that the server expects.
void write_integer(std::int64_t value, value_writer& out);
void write_unsigned(std::uint64_t value, value_writer& out);
void fail_integer(std::int64_t value, std::size_t bits, bool is_signed, value_reader& in);

/// The size of an integer type of the server in bits; 0: it is not an integer type.
std::size_t integer_bits(const data_type& t) noexcept;
bool is_number_type(const data_type& t) noexcept;
bool is_text_type(const data_type& t) noexcept;

}  // namespace detail

/// int2, int4, int8 and oid. Results are not narrowed: int8 is not read as a 32-bit integer, whatever its
/// value. As parameters, integers are also numeric, float4 and float8; those that do not fit exactly are
/// errors.
template <detail::integer T>
struct codec<T> {
  static constexpr oid type = sizeof(T) > 4 || (sizeof(T) == 4 && std::unsigned_integral<T>)   ? oids::int8
                              : sizeof(T) > 2 || (sizeof(T) == 2 && std::unsigned_integral<T>) ? oids::int4
                                                                                               : oids::int2;
  static bool reads(const data_type& t) noexcept {
    const auto bits = detail::integer_bits(t);
    return bits != 0 && bits <= 8 * sizeof(T) &&
           (t.id() != oids::oid_ || std::unsigned_integral<T> || sizeof(T) > 4);
  }
  static bool writes(const data_type& t) noexcept { return detail::is_number_type(t); }
  static void encode(T value, value_writer& out) {
    if constexpr (sizeof(T) == 8 && std::unsigned_integral<T>)
      detail::write_unsigned(value, out);
    else
      detail::write_integer(static_cast<std::int64_t>(value), out);
  }
  static T decode(value_reader& in) {
    const auto value = detail::take_integer(in);
    if (!std::in_range<T>(value)) [[unlikely]]
      detail::fail_integer(value, 8 * sizeof(T), std::signed_integral<T>, in);
    return static_cast<T>(value);
  }
};

/// float4 and float8; float8 is not read as float, and a double is no parameter of type float4.
template <std::floating_point T>
  requires(sizeof(T) <= 8)
struct codec<T> {
  static constexpr oid type = sizeof(T) == 4 ? oids::float4 : oids::float8;
  static bool reads(const data_type& t) noexcept { return t.id() == oids::float4 || t.id() == type; }
  static bool writes(const data_type& t) noexcept { return t.id() == oids::float8 || t.id() == type; }
  static void encode(T value, value_writer& out) {
    if (out.type().id() == oids::float4)
      out.put(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
    else
      out.put(std::bit_cast<std::uint64_t>(static_cast<double>(value)));
  }
  static T decode(value_reader& in) {
    if (in.type().id() == oids::float4) return std::bit_cast<float>(in.take<std::uint32_t>());
    if constexpr (sizeof(T) == 8)
      return std::bit_cast<double>(in.take<std::uint64_t>());
    else
      in.fail(std::string{in.type().name()} + " is not float4");
    return {};
  }
};

/// text, varchar, char(n), name, json, jsonb, xml, enums, and all types that are transferred as text.
template <>
struct codec<std::string_view> {
  static constexpr oid type = oids::unknown;  // the server decides: a text may be of any type
  static constexpr bool reads_text = true;
  static bool accepts(const data_type& t) noexcept { return detail::is_text_type(t); }
  static void encode(std::string_view value, value_writer& out) {
    if (out.type().id() == oids::jsonb) out.put(std::uint8_t{1});
    out.put_bytes(value);
  }
  /// Lifetime: a view of the row.
  static std::string_view decode(value_reader& in) {
    if (in.type().id() == oids::jsonb && in.format() == format::binary) skip_version(in);
    return in.take_rest();
  }

 private:
  static void skip_version(value_reader& in);
};

template <>
struct codec<std::string> : codec<std::string_view> {
  static std::string decode(value_reader& in) { return std::string{codec<std::string_view>::decode(in)}; }
};

/// bytea
template <>
struct codec<std::span<const std::byte>> {
  static constexpr oid type = oids::bytea;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(std::span<const std::byte> value, value_writer& out) {
    out.put_bytes({reinterpret_cast<const char*>(value.data()), value.size()});
  }
  /// Lifetime: a view of the row.
  static std::span<const std::byte> decode(value_reader& in) {
    return std::as_bytes(std::span{in.take_rest()});
  }
};

template <>
struct codec<std::vector<std::byte>> : codec<std::span<const std::byte>> {
  static std::vector<std::byte> decode(value_reader& in) {
    const auto view = codec<std::span<const std::byte>>::decode(in);
    return {view.begin(), view.end()};
  }
};

template <>
struct codec<std::span<std::byte>> {
  static constexpr oid type = oids::bytea;
  static bool accepts(const data_type& t) noexcept { return t.id() == type; }
  static void encode(std::span<const std::byte> value, value_writer& out) {
    codec<std::span<const std::byte>>::encode(value, out);
  }
};

}  // namespace bight::pg
