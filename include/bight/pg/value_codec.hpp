// The codec trait, and the functions that read and write values with it.
#pragma once
#include <bight/pg/data_type.hpp>
#include <bight/pg/value_io.hpp>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace bight::pg {

/// How a C++ type is transferred: what bight knows is listed in <bight/pg/codec.hpp>. Specialise it for types
/// of your own:
///
///     | template <>
///     | struct bight::pg::codec<celsius> {
///     |   static bool accepts(const data_type& t) { return t.id() == oids::float8; }
///     |   static void encode(celsius t, value_writer& out) { codec<double>::encode(t.degrees, out); }
///     |   static celsius decode(value_reader& in) { return celsius{codec<double>::decode(in)}; }
///     | };
///
/// `accepts` is asked when a statement is prepared; `encode` and `decode` are called for the types that it
/// accepts only, report failures with `fail`, and do not throw. A type that is only a parameter has no
/// `decode`, one that is only a result no `encode`. Optional members:
///
///     | static bool reads(const data_type&), writes(const data_type&);  // for accepts, where they differ
///     | static constexpr oid type;                // of a parameter, where the server is not asked for it
///     | static constexpr bool reads_text = true;  // decode also understands the text format
template <class T>
struct codec;

/// A type that may be a parameter, or a part of one.
template <class T>
concept encodable = requires(const T& value, value_writer& out) { codec<T>::encode(value, out); };
/// A type that may be a result, or a part of one.
template <class T>
concept decodable = requires(value_reader& in) {
  { codec<T>::decode(in) } -> std::same_as<T>;
};

/// A base of codecs for types that are transferred as another type:
///
///     | template <>
///     | struct bight::pg::codec<user_id> : bight::pg::codec_via<user_id, std::int64_t> {
///     |   static std::int64_t store(const user_id& id) { return id.number; }
///     |   static user_id load(std::int64_t number) { return user_id{number}; }
///     | };
template <class T, class Stored>
struct codec_via;

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

// What a T is written as: string literals as texts.
template <class T>
struct parameter_value {
  using type = T;
};
template <std::size_t N>
struct parameter_value<char[N]> {
  using type = std::string_view;
};
template <>
struct parameter_value<const char*> {
  using type = std::string_view;
};
template <>
struct parameter_value<char*> {
  using type = std::string_view;
};
template <class T>
struct parameter_value<std::optional<T>> {
  using type = typename parameter_value<T>::type;
};
template <>
struct parameter_value<std::nullopt_t> {
  using type = std::nullopt_t;
};
template <class T>
using parameter_value_t = typename parameter_value<std::remove_cvref_t<T>>::type;

template <class T>
struct result_value {
  using type = T;
};
template <class T>
struct result_value<std::optional<T>> {
  using type = T;
};
template <class T>
using result_value_t = typename result_value<T>::type;

template <class T>
constexpr bool reads_text() noexcept {
  if constexpr (requires { codec<T>::reads_text; })
    return codec<T>::reads_text;
  else
    return false;
}

/// Whether a T understands values of a type in this format. Texts are not what a type looks like whose binary
/// format is not known; `unknown` may be an enum.
template <class T>
bool reads_format(const data_type& type, format f) noexcept {
  if (f == format::text || !reads_text<T>()) return f == format::binary || reads_text<T>();
  return type.format() == format::binary || type.id() == oids::unknown;
}

template <class T>
bool reads(const data_type& type) {
  if constexpr (requires { codec<T>::reads(type); })
    return codec<T>::reads(type);
  else
    return codec<T>::accepts(type);
}

template <class T>
bool writes(const data_type& type) {
  if constexpr (requires { codec<T>::writes(type); })
    return codec<T>::writes(type);
  else
    return codec<T>::accepts(type);
}

/// "int8 cannot be read as int"
std::string cannot_read(const data_type& from, format f, const std::type_info& to);
std::string cannot_write(const std::type_info& from, const data_type& to);
void fail_null(codec_error& error);
void fail_text(const data_type& type, codec_error& error);

}  // namespace detail

/// Whether results of this type and format can be read as a T, which may be a std::optional. Returns: why
/// not, or nothing.
template <class T>
std::string check_result(const data_type& type, format f) {
  using value = detail::result_value_t<T>;
  static_assert(decodable<value>, "bight::pg: there is no codec to read this type; see <bight/pg/codec.hpp>");
  if (detail::reads_format<value>(type.base(), f) && detail::reads<value>(type.base())) return {};
  return detail::cannot_read(type, f, typeid(value));
}

/// Whether a T can be a parameter of this type. Returns: why not, or nothing.
template <class T>
std::string check_parameter(const data_type& type) {
  using value = detail::parameter_value_t<T>;
  static_assert(encodable<value>,
                "bight::pg: there is no codec to write this type; see <bight/pg/codec.hpp>");
  return detail::writes<value>(type.base()) ? std::string{} : detail::cannot_write(typeid(value), type);
}

/// The type of a parameter T where the server is not asked for it; 0: none is known, the server decides.
template <class T>
constexpr oid parameter_type() noexcept {
  using value = detail::parameter_value_t<T>;
  if constexpr (requires { codec<value>::type; })
    return codec<value>::type;
  else
    return 0;
}

/// Reads a value of a type that check_result<T> accepts; nullopt is NULL. On failure, `error` says what is
/// wrong and the result is meaningless. Does not throw, but for lack of memory. Lifetime: views, such as a
/// std::string_view, refer to `bytes`.
template <class T>
T read_value(const data_type& type, format f, std::optional<std::string_view> bytes, codec_error& error) {
  if constexpr (detail::is_optional<T>) {
    if (!bytes) return std::nullopt;
    return read_value<typename T::value_type>(type, f, bytes, error);
  } else {
    static_assert(decodable<T>, "bight::pg: there is no codec to read this type; see <bight/pg/codec.hpp>");
    if (!bytes) [[unlikely]]
      detail::fail_null(error);
    if (!detail::reads_text<T>() && f == format::text) [[unlikely]] {
      detail::fail_text(type, error);
      bytes.reset();
    }
    value_reader in{type, f, bytes ? *bytes : std::string_view{}, error};
    T value = codec<T>::decode(in);
    in.finish();
    return value;
  }
}

/// Appends a value, without its length, to what `out` writes to; its type is one that check_parameter<T>
/// accepts. Returns: false for NULL, with nothing appended. On failure, `out.error()` says what is wrong and
/// what was appended is meaningless.
template <class T>
bool write_value(const T& value, value_writer& out) {
  if constexpr (detail::is_optional<T>) {
    return value && write_value(*value, out);
  } else if constexpr (std::is_same_v<T, std::nullopt_t>) {
    return false;
  } else {
    using written = detail::parameter_value_t<T>;
    static_assert(encodable<written>,
                  "bight::pg: there is no codec to write this type; see <bight/pg/codec.hpp>");
    codec<written>::encode(value, out);
    return true;
  }
}

/// As write_value, with the length in front as in the protocol: -1 for NULL. For parts of values.
template <class T>
void write_part(const T& value, value_writer& out) {
  const auto start = out.position();
  out.put(std::int32_t{-1});
  if (!write_value(value, out)) return;
  const auto size = out.position() - start - sizeof(std::int32_t);
  if (std::in_range<std::int32_t>(size))
    out.patch(start, static_cast<std::int32_t>(size));
  else
    out.fail("longer than 2 GiB");
}

/// Reads a value with its length in front. For parts of values.
template <class T>
T read_part(value_reader& in, const data_type& type) {
  const auto size = in.take<std::int32_t>();
  if (size == -1) return read_value<T>(type, in.format(), std::nullopt, in.error());
  if (size < 0) [[unlikely]]
    in.fail("malformed " + std::string{in.type().name()} + ": negative length");
  const auto bytes = in.take_bytes(size < 0 ? 0 : static_cast<std::size_t>(size));
  return read_value<T>(type, in.format(), bytes, in.error());
}

template <class T, class Stored>
struct codec_via {
  static constexpr oid type = parameter_type<Stored>();
  static constexpr bool reads_text = detail::reads_text<Stored>();
  static bool reads(const data_type& t)
    requires decodable<Stored>
  {
    return detail::reads<Stored>(t);
  }
  static bool writes(const data_type& t)
    requires encodable<Stored>
  {
    return detail::writes<Stored>(t);
  }
  static void encode(const T& value, value_writer& out) {
    codec<Stored>::encode(codec<T>::store(value), out);
  }
  static T decode(value_reader& in) { return codec<T>::load(codec<Stored>::decode(in)); }
};

/// NULL, as a parameter of any type.
template <>
struct codec<std::nullopt_t> {
  static bool accepts(const data_type&) noexcept { return true; }
  static void encode(std::nullopt_t, value_writer&) noexcept {}
};

}  // namespace bight::pg
