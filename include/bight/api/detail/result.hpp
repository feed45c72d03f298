// What a result is sent as.
#pragma once
#include <array>
#include <bight/api/content.hpp>
#include <bight/api/detail/shape_of.hpp>
#include <bight/api/reply.hpp>
#include <bight/api/stream.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace bight::api::detail {

enum class result_kind : std::uint8_t { nothing, json, replies, lines, events, content };

template <class R>
struct result_traits {
  static constexpr auto kind = std::is_void_v<R>               ? result_kind::nothing
                               : std::same_as<R, api::content> ? result_kind::content
                                                               : result_kind::json;
};
template <class T>
struct result_traits<lines<T>> {
  static constexpr auto kind = result_kind::lines;
  using item = T;
};
template <class T>
struct result_traits<events<T>> {
  static constexpr auto kind = result_kind::events;
  using item = T;
};
template <int... S, class... T>
struct result_traits<std::variant<reply<S, T>...>> {
  static constexpr auto kind = result_kind::replies;
};

/// A success of an operation, as the document shows it.
struct result_shape {
  int status = 0;  // 0: that of the operation
  shape_ref type = nullptr;
  std::string_view media_type;  // empty: no body
};

template <class T>
constexpr result_shape json_result(int status) {
  if constexpr (std::is_void_v<T>)
    return {status, nullptr, {}};
  else
    return {status, &shape_of<T>, "application/json"};
}

template <class R>
struct result_shapes {
  static constexpr std::array<result_shape, 1> all{json_result<R>(0)};
};
template <>
struct result_shapes<api::content> {
  static constexpr std::array<result_shape, 1> all{result_shape{0, nullptr, "*/*"}};
};
template <class T>
struct result_shapes<lines<T>> {
  static constexpr std::array<result_shape, 1> all{result_shape{0, &shape_of<T>, "application/x-ndjson"}};
};
template <class T>
struct result_shapes<events<T>> {
  static constexpr std::array<result_shape, 1> all{result_shape{0, nullptr, "text/event-stream"}};
};
template <int... S, class... T>
struct result_shapes<std::variant<reply<S, T>...>> {
  static constexpr std::array<result_shape, sizeof...(S)> all{json_result<T>(S)...};
};

template <class T>
inline constexpr bool is_event = false;
template <class T>
inline constexpr bool is_event<event<T>> = true;

template <class T>
struct generated {
  using type = void;
};
template <class T>
struct generated<generator<T>> {
  using type = T;
};

/// Whether what a handler has returned can be sent as the declared result.
template <class Given, class Declared>
constexpr bool fits_result() {
  constexpr auto kind = result_traits<Declared>::kind;
  using item = typename generated<std::remove_cvref_t<Given>>::type;
  if constexpr (kind == result_kind::nothing)
    return std::is_void_v<Given>;
  else if constexpr (kind == result_kind::lines)
    return std::same_as<item, typename Declared::item_type>;
  else if constexpr (kind == result_kind::events)
    return std::same_as<item, typename Declared::item_type> ||
           std::same_as<item, event<typename Declared::item_type>>;
  else
    return !std::is_void_v<Given> && std::convertible_to<Given, Declared>;
}

}  // namespace bight::api::detail
