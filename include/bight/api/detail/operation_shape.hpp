// An operation as data.
#pragma once
#include <array>
#include <bight/api/detail/shape_of.hpp>
#include <bight/api/operation.hpp>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace bight::api::detail {

struct parameter_shape {
  parameter_place where;
  std::string_view name;
  shape_ref type;
  rules rule;
  bool required;
};

template <class T>
concept scalar_value =
    std::is_arithmetic_v<T> || std::same_as<T, std::string> || formatted_text<T> || json_enum<T>;
template <class T>
concept parameter_value = scalar_value<T> || (json_optional<T> && scalar_value<typename unwrapped<T>::type>);
template <class T>
concept repeated_value = json_sequence<T> && scalar_value<typename T::value_type>;
template <class T>
concept file_value = std::same_as<T, upload> || std::same_as<T, std::optional<upload>> ||
                     (json_sequence<T> && std::same_as<typename T::value_type, upload>);

template <parameter_place Where, class T>
constexpr parameter_shape shape_of_parameter(const parameter<Where, T>& p) {
  if constexpr (Where == parameter_place::path)
    static_assert(scalar_value<T>, "a path parameter is a number, a boolean, a text or a described enum");
  else if constexpr (Where == parameter_place::query || Where == parameter_place::form)
    static_assert(parameter_value<T> || repeated_value<T>,
                  "a parameter of a query or form is a number, a boolean, a text or a described enum, a "
                  "std::optional of "
                  "one, or a sequence");
  else if constexpr (Where == parameter_place::file)
    static_assert(file_value<T>, "a file is an api::upload, a std::optional of one, or a sequence");
  else if constexpr (Where != parameter_place::body)
    static_assert(
        parameter_value<T>,
        "a parameter is a number, a boolean, a text or a described enum, or a std::optional of one");
  constexpr bool may_repeat = Where == parameter_place::query || is_form_place(Where);
  const bool may_be_absent =
      p.has_fallback || json_optional<T> || (may_repeat && json_sequence<T> && p.rule.min_length == 0);
  return {Where, p.name, &shape_of<T>, p.rule, !may_be_absent};
}

template <class R, class... P>
std::array<parameter_shape, sizeof...(P)> shapes_of_parameters(const operation<R, P...>& op) {
  return std::apply(
      [](const auto&... p) { return std::array<parameter_shape, sizeof...(P)>{shape_of_parameter(p)...}; },
      op.parameters());
}

/// The value of a parameter that is absent.
template <parameter_place Where, class T>
T initial_value(const parameter<Where, T>& p) {
  if constexpr (std::same_as<default_storage<T>, no_default>)
    return T{};
  else
    return p.has_fallback ? T(p.fallback) : T{};
}
template <class R, class... P>
auto initial_values(const operation<R, P...>& op) {
  return std::apply(
      [](const auto&... p) { return std::tuple<typename P::value_type...>(initial_value(p)...); },
      op.parameters());
}

template <class... T>
std::array<void*, sizeof...(T)> addresses_of(std::tuple<T...>& values) {
  return std::apply([](auto&... v) { return std::array<void*, sizeof...(T)>{static_cast<void*>(&v)...}; },
                    values);
}

}  // namespace bight::api::detail
