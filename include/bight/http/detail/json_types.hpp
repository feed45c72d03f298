// How C++ types are told apart for JSON.
#pragma once
#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>

namespace bight::http::detail {

template <class T>
concept json_document = std::same_as<T, boost::json::value> || std::same_as<T, boost::json::object> ||
                        std::same_as<T, boost::json::array> || std::same_as<T, boost::json::string>;

template <class T>
concept json_integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
concept json_optional = is_optional<T>;

template <class T>
inline constexpr bool is_variant = false;
template <class... T>
inline constexpr bool is_variant<std::variant<T...>> = true;
template <class T>
concept json_variant = is_variant<T>;

template <class T>
concept json_text = std::same_as<T, std::string>;

template <class T>
concept json_map = !json_document<T> && requires(T& m) {
  typename T::mapped_type;
  requires std::constructible_from<std::string_view, const typename T::key_type&>;
  m.emplace(std::string{}, typename T::mapped_type{});
};

template <class T>
concept json_sequence = !json_document<T> && !json_text<T> && !json_map<T> && requires(T& s) {
  typename T::value_type;
  s.insert(s.end(), typename T::value_type{});
  s.begin();
};

// std::array, std::pair and std::tuple.
template <class T>
concept json_tuple = requires { std::tuple_size<T>::value; };

template <class T>
concept json_enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

template <class T>
concept json_struct =
    std::is_class_v<T> && !json_document<T> && boost::describe::has_describe_members<T>::value;

template <class T>
using json_members =
    boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

template <class T>
inline constexpr bool no_json = false;

}  // namespace bight::http::detail
