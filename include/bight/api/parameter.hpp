// path, query, header, cookie, body, form, file: the values that an operation takes.
#pragma once
#include <bight/api/schema.hpp>
#include <bight/api/upload.hpp>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace bight::api {

/// Where a parameter is.
enum class parameter_place : std::uint8_t { path, query, header, cookie, body, form, file };

namespace detail {

constexpr bool is_form_place(parameter_place where) noexcept {
  return where == parameter_place::form || where == parameter_place::file;
}

struct no_default {};
// What a constexpr object can hold of a default value.
template <class T>
using default_storage =
    std::conditional_t<std::same_as<T, std::string>, std::string_view,
                       std::conditional_t<std::is_arithmetic_v<T> || std::is_enum_v<T>, T, no_default>>;

}  // namespace detail

/// A parameter of an operation: its place, its name, the type of its value, and constraints. Made by `path`,
/// `query`, `header`, `cookie`, `body`, `form` and `file`.
template <parameter_place Where, class T>
class parameter : public detail::with_rules<parameter<Where, T>, typename detail::unwrapped<T>::type> {
 public:
  using value_type = T;
  static constexpr parameter_place where = Where;

  constexpr explicit parameter(std::string_view called) noexcept : name(called) {}
  constexpr parameter(std::string_view called, detail::default_storage<T> value) noexcept
      : name(called), fallback(value), has_fallback(true) {}

  std::string_view name;
  detail::default_storage<T> fallback{};
  bool has_fallback = false;
};

/// A part of the path: `api::path<int>("id")` is the value of `{id}`.
template <class T>
constexpr auto path(std::string_view name) {
  return parameter<parameter_place::path, T>{name};
}
/// A value of the query: `?verbose=true`. A std::optional may be absent, and so may a parameter with a
/// default value, and a sequence, whose items are the values of a name that repeats, unless its least length
/// is not 0. Booleans are "true", "false", "1" and "0". Of a name that repeats, other types have the first
/// value.
template <class T>
constexpr auto query(std::string_view name) {
  return parameter<parameter_place::query, T>{name};
}
template <class T>
constexpr auto query(std::string_view name, detail::default_storage<T> value) {
  return parameter<parameter_place::query, T>{name, value};
}
/// The value of a header field. As `query`; a field that repeats counts once.
template <class T>
constexpr auto header(std::string_view name) {
  return parameter<parameter_place::header, T>{name};
}
template <class T>
constexpr auto header(std::string_view name, detail::default_storage<T> value) {
  return parameter<parameter_place::header, T>{name, value};
}
/// The value of a cookie. As `query`.
template <class T>
constexpr auto cookie(std::string_view name) {
  return parameter<parameter_place::cookie, T>{name};
}
template <class T>
constexpr auto cookie(std::string_view name, detail::default_storage<T> value) {
  return parameter<parameter_place::cookie, T>{name, value};
}
/// The body, as JSON. The media type must be application/json, or end in +json; the response is 415 if it is
/// not, as pages of other sites can send other types without asking.
template <class T>
constexpr auto body() {
  return parameter<parameter_place::body, T>{"body"};
}

/// A field of a form. As `query`; a field that was not filled in counts as absent if it may be, unless it is
/// a text, and "on", which a ticked checkbox sends, is true. The request is of type
/// application/x-www-form-urlencoded or multipart/form-data, or else the response is 415. Note: pages of
/// other sites can send forms with the cookies of the user, unless those are SameSite=Lax or Strict
/// (http::set_cookie).
template <class T>
constexpr auto form(std::string_view name) {
  return parameter<parameter_place::form, T>{name};
}
template <class T>
constexpr auto form(std::string_view name, detail::default_storage<T> value) {
  return parameter<parameter_place::form, T>{name, value};
}
/// A file of a form (multipart/form-data): an `upload`, a std::optional of one, or a sequence. Large files go
/// to disk while they are received; `router_options::uploads` has the limits, and `length` those of the size
/// in bytes.
template <class T = upload>
constexpr auto file(std::string_view name) {
  return parameter<parameter_place::file, T>{name};
}

}  // namespace bight::api
