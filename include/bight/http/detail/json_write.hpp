// C++ types to JSON text.
#pragma once
#include <bight/http/detail/json_place.hpp>
#include <bight/http/detail/json_types.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cstdint>
#include <memory>
#include <utility>

namespace bight::http::detail {

void write_text(std::string& out, std::string_view text);
void write_integer(std::string& out, std::int64_t v);
void write_integer(std::string& out, std::uint64_t v);
void write_real(std::string& out, double v, const json_place& at);
void write_document(std::string& out, const boost::json::value& v);

template <class T>
void write_json(std::string& out, const T& v, const json_place& at);

template <json_struct T>
void write_struct(std::string& out, const T& v, const json_place& at) {
  char before = '{';
  boost::mp11::mp_for_each<json_members<T>>([&](auto d) {
    out += std::exchange(before, ',');
    write_text(out, d.name);
    out += ':';
    write_json(out, v.*d.pointer, json_place{at, std::string_view{d.name}});
  });
  out += before == '{' ? "{}" : "}";
}

template <class T>
void write_map(std::string& out, const T& v, const json_place& at) {
  char before = '{';
  for (const auto& [name, item] : v) {
    out += std::exchange(before, ',');
    write_text(out, name);
    out += ':';
    write_json(out, item, json_place{at, std::string_view{name}});
  }
  out += before == '{' ? "{}" : "}";
}

template <class T>
void write_sequence(std::string& out, const T& v, const json_place& at) {
  char before = '[';
  std::size_t index = 0;
  for (const auto& item : v) {
    out += std::exchange(before, ',');
    // std::vector<bool> has proxies.
    write_json<std::remove_cvref_t<typename T::value_type>>(out, item, json_place{at, index++});
  }
  out += before == '[' ? "[]" : "]";
}

template <class T>
void write_tuple(std::string& out, const T& v, const json_place& at) {
  char before = '[';
  const auto write_all = [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((out += std::exchange(before, ','), write_json(out, std::get<I>(v), json_place{at, I})), ...);
  };
  write_all(std::make_index_sequence<std::tuple_size_v<T>>{});
  out += before == '[' ? "[]" : "]";
}

template <json_enum T>
void write_enum(std::string& out, T v, const json_place& at) {
  const char* name = nullptr;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto d) {
    if (v == d.value) name = d.name;
  });
  if (!name) at.fail("the enumerator has no name");
  write_text(out, name);
}

template <class T>
void write_json(std::string& out, const T& v, const json_place& at) {
  if constexpr (std::same_as<T, bool>)
    out += v ? "true" : "false";
  else if constexpr (json_integer<T> && std::is_signed_v<T>)
    write_integer(out, static_cast<std::int64_t>(v));
  else if constexpr (json_integer<T>)
    write_integer(out, static_cast<std::uint64_t>(v));
  else if constexpr (std::floating_point<T>)
    write_real(out, static_cast<double>(v), at);
  else if constexpr (std::same_as<T, std::nullptr_t> || std::same_as<T, std::monostate>)
    out += "null";
  else if constexpr (json_document<T>)
    write_document(out, boost::json::value(v));
  else if constexpr (std::convertible_to<const T&, std::string_view>)
    write_text(out, v);
  else if constexpr (json_optional<T>) {
    if (v)
      write_json(out, *v, at);
    else
      out += "null";
  } else if constexpr (json_variant<T>)
    std::visit([&](const auto& alternative) { write_json(out, alternative, at); }, v);
  else if constexpr (json_enum<T>)
    write_enum(out, v, at);
  else if constexpr (json_struct<T>)
    write_struct(out, v, at);
  else if constexpr (json_map<T>)
    write_map(out, v, at);
  else if constexpr (json_sequence<T>)
    write_sequence(out, v, at);
  else if constexpr (json_tuple<T>)
    write_tuple(out, v, at);
  else {
    static_assert(boost::json::has_value_from<T>::value,
                  "no JSON for this type: describe it with BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_ENUM, or "
                  "write a tag_invoke(boost::json::value_from_tag, ...)");
    write_document(out, boost::json::value_from(v));
  }
}

}  // namespace bight::http::detail
