// boost::json::value to C++ types.
#pragma once
#include <bight/http/detail/json_place.hpp>
#include <bight/http/detail/json_types.hpp>
#include <bight/http/json_error.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cmath>
#include <cstdint>
#include <exception>
#include <limits>
#include <utility>

namespace bight::http::detail {

boost::json::value parse_json(std::string_view text, std::size_t max_depth);
/// "a string".
std::string_view kind_of(const boost::json::value& v) noexcept;
/// "expected a number, not a string".
[[noreturn]] void fail_kind(const json_place& at, std::string_view expected, const boost::json::value& found);
/// The integer, if it is one: value and sign.
struct json_whole {
  std::uint64_t magnitude;
  bool negative;
};
json_whole whole_number(const boost::json::value& v, const json_place& at);
[[noreturn]] void fail_range(const json_place& at, const boost::json::value& v, bool is_signed, int bits);
double real_number(const boost::json::value& v, const json_place& at);
const boost::json::object& object_at(const boost::json::value& v, const json_place& at);
const boost::json::array& array_at(const boost::json::value& v, const json_place& at);
const boost::json::string& string_at(const boost::json::value& v, const json_place& at);
const boost::json::array& array_of(std::size_t n, const boost::json::value& v, const json_place& at);

template <class T>
T read_json(const boost::json::value& v, const json_place& at);

template <json_integer T>
T read_integer(const boost::json::value& v, const json_place& at) {
  const auto n = whole_number(v, at);
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
  if (n.negative) {
    if (std::is_signed_v<T> && n.magnitude <= most + 1) return static_cast<T>(0 - n.magnitude);
  } else if (n.magnitude <= most) {
    return static_cast<T>(n.magnitude);
  }
  fail_range(at, v, std::is_signed_v<T>, static_cast<int>(sizeof(T) * 8));
}

template <json_enum T>
T read_enum(const boost::json::value& v, const json_place& at) {
  const auto& name = string_at(v, at);
  T found{};
  bool known = false;
  std::string names;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto d) {
    if (std::string_view{name} == d.name) {
      found = d.value;
      known = true;
    }
    names.append(names.empty() ? "" : ", ").append(d.name);
  });
  if (!known) at.fail("expected one of " + names);
  return found;
}

template <json_struct T>
T read_struct(const boost::json::value& v, const json_place& at) {
  const auto& object = object_at(v, at);
  T out{};
  boost::mp11::mp_for_each<json_members<T>>([&](auto d) {
    auto& member = out.*d.pointer;
    using type = std::remove_cvref_t<decltype(member)>;
    const json_place here{at, std::string_view{d.name}};
    const auto* const found = object.if_contains(d.name);
    if (found)
      member = read_json<type>(*found, here);
    else if constexpr (!json_optional<type>)
      here.fail("missing");
  });
  return out;
}

template <class T, std::size_t... I>
T read_tuple(const boost::json::value& v, const json_place& at, std::index_sequence<I...>) {
  const auto& items = array_of(sizeof...(I), v, at);
  return T{read_json<std::tuple_element_t<I, T>>(items[I], json_place{at, I})...};
}

template <class T, std::size_t I = 0>
T read_variant(const boost::json::value& v, const json_place& at) {
  using alternative = std::variant_alternative_t<I, T>;
  if constexpr (I + 1 == std::variant_size_v<T>) {
    return T{std::in_place_index<I>, read_json<alternative>(v, at)};
  } else {
    try {
      return T{std::in_place_index<I>, read_json<alternative>(v, at)};
    } catch (const json_error&) {}
    return read_variant<T, I + 1>(v, at);
  }
}

template <class T>
T read_sequence(const boost::json::value& v, const json_place& at) {
  T out{};
  std::size_t index = 0;
  for (const auto& item : array_at(v, at))
    out.insert(out.end(), read_json<typename T::value_type>(item, json_place{at, index++}));
  return out;
}

template <class T>
T read_map(const boost::json::value& v, const json_place& at) {
  T out{};
  for (const auto& [name, item] : object_at(v, at)) {
    const std::string_view key{name.data(), name.size()};
    out.emplace(std::string{key}, read_json<typename T::mapped_type>(item, json_place{at, key}));
  }
  return out;
}

template <class T>
T read_foreign(const boost::json::value& v, const json_place& at) {
  static_assert(boost::json::has_value_to<T>::value,
                "no JSON for this type: describe it with BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_ENUM, or "
                "write a tag_invoke(boost::json::value_to_tag<T>, ...)");
  try {
    return boost::json::value_to<T>(v);
  } catch (const std::exception& e) { at.fail(e.what()); }
}

template <class T>
T read_json(const boost::json::value& v, const json_place& at) {
  if constexpr (std::same_as<T, boost::json::value>)
    return v;
  else if constexpr (std::same_as<T, boost::json::object>)
    return object_at(v, at);
  else if constexpr (std::same_as<T, boost::json::array>)
    return array_at(v, at);
  else if constexpr (std::same_as<T, boost::json::string>)
    return string_at(v, at);
  else if constexpr (std::same_as<T, bool>)
    return v.is_bool() ? v.get_bool() : (fail_kind(at, "a boolean", v), false);
  else if constexpr (json_integer<T>)
    return read_integer<T>(v, at);
  else if constexpr (std::floating_point<T>)
    return static_cast<T>(real_number(v, at));
  else if constexpr (json_text<T>)
    return std::string{string_at(v, at)};
  else if constexpr (json_optional<T>)
    return v.is_null() ? T{} : T{read_json<typename T::value_type>(v, at)};
  else if constexpr (json_variant<T>)
    return read_variant<T>(v, at);
  else if constexpr (json_enum<T>)
    return read_enum<T>(v, at);
  else if constexpr (json_struct<T>)
    return read_struct<T>(v, at);
  else if constexpr (json_map<T>)
    return read_map<T>(v, at);
  else if constexpr (json_sequence<T>)
    return read_sequence<T>(v, at);
  else if constexpr (json_tuple<T>)
    return read_tuple<T>(v, at, std::make_index_sequence<std::tuple_size_v<T>>{});
  else
    return read_foreign<T>(v, at);
}

}  // namespace bight::http::detail
