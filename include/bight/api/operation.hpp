// operation: one declaration of what a server does and a client asks for.
#pragma once
#include <array>
#include <bight/api/detail/result.hpp>
#include <bight/api/detail/shape_of.hpp>
#include <bight/api/parameter.hpp>
#include <bight/http/method.hpp>
#include <bight/http/status.hpp>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace bight::api {

/// An error that an operation declares, for the document. Trivially copyable.
struct declared_error {
  int status = 0;
  std::string_view description;
  detail::shape_ref body = nullptr;  ///< Of the members beside those of RFC 9457.
};

/// What an operation is, beside its types. Trivially copyable.
struct operation_info {
  static constexpr std::size_t max_tags = 8;
  static constexpr std::size_t max_errors = 16;
  static constexpr std::size_t max_scopes = 8;

  http::method_id method = http::method_id::get;
  std::string_view pattern;
  std::string_view id;
  std::string_view summary;
  std::string_view description;
  std::array<std::string_view, max_tags> tags{};
  std::size_t tag_count = 0;
  std::array<declared_error, max_errors> errors{};
  std::size_t error_count = 0;
  std::array<std::string_view, max_scopes> scopes{};
  std::size_t scope_count = 0;
  int status = 200;
  bool is_deprecated = false;
};

/// An operation of an API: method, path, parameters, and the type of its result. An inline constant in a
/// header that server, clients and tests include.
///
///     constexpr auto get_item =
///         api::get<item>("/items/{id}", api::path<int>("id").min(1), api::query<bool>("verbose", false))
///             .summary("One item")
///             .fails(404, "there is no such item");
///
/// The parameters of the path must be those of the pattern, which is checked when it is compiled. A pattern
/// is one of http::router. A result is sent as JSON with status 200; void is 204. Others: a std::variant of
/// `reply`, `lines`, `events` and `content`.
template <class Result, class... Parameters>
class operation {
 public:
  using result_type = Result;
  using values_type = std::tuple<typename Parameters::value_type...>;

  constexpr operation(const operation_info& i, const Parameters&... p) noexcept
      : info_(i), parameters_(p...) {}

  /// The identifier in the document, for generators of clients. Default: made of method and path.
  constexpr operation id(std::string_view text) const {
    return changed([&](operation_info& i) { i.id = text; });
  }
  /// A line for people. Default: method and path.
  constexpr operation summary(std::string_view text) const {
    return changed([&](operation_info& i) { i.summary = text; });
  }
  constexpr operation description(std::string_view text) const {
    return changed([&](operation_info& i) { i.description = text; });
  }
  /// Adds a tag, at most operation_info::max_tags.
  constexpr operation tag(std::string_view text) const {
    return changed([&](operation_info& i) { i.tags.at(i.tag_count++) = text; });
  }
  /// The status of success, such as 201.
  constexpr operation status(int code) const {
    return changed([&](operation_info& i) { i.status = code; });
  }
  /// Declares an error, which handlers throw as an http::problem; at most operation_info::max_errors.
  constexpr operation fails(int code, std::string_view text) const {
    return changed([&](operation_info& i) { i.errors.at(i.error_count++) = {code, text}; });
  }
  /// Same, with members beside those of RFC 9457: `api::error<Body>` makes it, and clients read it with
  /// `problem::body<Body>`.
  template <class Body>
  constexpr operation fails(int code, std::string_view text = {}) const {
    static_assert(detail::json_struct<Body>, "the body of an error is a described struct");
    return changed([&](operation_info& i) {
      i.errors.at(i.error_count++) = {code, text, &detail::shape_of<Body>};
    });
  }
  /// Requires a scope of OAuth2, which the token must have: see router::provide_oauth2. At most
  /// operation_info::max_scopes.
  constexpr operation scope(std::string_view text) const {
    return changed([&](operation_info& i) { i.scopes.at(i.scope_count++) = text; });
  }
  constexpr operation deprecated() const {
    return changed([](operation_info& i) { i.is_deprecated = true; });
  }

  constexpr const operation_info& info() const noexcept { return info_; }
  constexpr const std::tuple<Parameters...>& parameters() const noexcept { return parameters_; }

 private:
  template <class F>
  constexpr operation changed(F f) const {
    auto copy = *this;
    f(copy.info_);
    return copy;
  }

  operation_info info_;
  std::tuple<Parameters...> parameters_;
};

/// The result of an operation, for the return types of handlers: `api::result_of<order_item>`.
template <const auto& Operation>
using result_of = typename std::remove_cvref_t<decltype(Operation)>::result_type;

namespace detail {

// Not constexpr: a call ends the compilation, and its name is in the message.
void the_pattern_has_no_placeholder_for_the_path_parameter(std::string_view name);
void no_path_parameter_has_the_name_of_the_placeholder(std::string_view name);

constexpr std::string_view placeholder_name(std::string_view braces) {
  const auto inner = braces.substr(1, braces.find('}') - 1);
  return inner.substr(0, inner.find(':'));
}

constexpr bool has_placeholder(std::string_view pattern, std::string_view name) {
  for (auto at = pattern.find('{'); at != pattern.npos; at = pattern.find('{', at + 1))
    if (placeholder_name(pattern.substr(at)) == name) return true;
  return false;
}

template <class... P>
constexpr void check_pattern(std::string_view pattern, const P&... parameters) {
  [[maybe_unused]] const auto check = [&](const auto& p) {
    if (p.where == parameter_place::path && !has_placeholder(pattern, p.name))
      the_pattern_has_no_placeholder_for_the_path_parameter(p.name);
  };
  (check(parameters), ...);
  for (auto at = pattern.find('{'); at != pattern.npos; at = pattern.find('{', at + 1)) {
    const auto name = placeholder_name(pattern.substr(at));
    if (!((parameters.where == parameter_place::path && parameters.name == name) || ...))
      no_path_parameter_has_the_name_of_the_placeholder(name);
  }
}

template <class Result, class... P>
consteval operation<Result, P...> make_operation(http::method_id m, std::string_view pattern,
                                                 const P&... parameters) {
  constexpr auto bodies = ((P::where == parameter_place::body) + ... + 0);
  static_assert(bodies <= 1, "an operation has at most one body");
  static_assert(bodies == 0 || !(is_form_place(P::where) || ...), "a request has a body or a form, not both");
  check_pattern(pattern, parameters...);
  operation_info info;
  info.method = m;
  info.pattern = pattern;
  if (std::is_void_v<Result>) info.status = 204;
  return {info, parameters...};
}

}  // namespace detail

template <class Result, class... P>
consteval auto get(std::string_view pattern, P... parameters) {
  static_assert(((P::where != parameter_place::body && !detail::is_form_place(P::where)) && ...),
                "GET requests have no body");
  return detail::make_operation<Result>(http::method_id::get, pattern, parameters...);
}
template <class Result, class... P>
consteval auto post(std::string_view pattern, P... parameters) {
  return detail::make_operation<Result>(http::method_id::post, pattern, parameters...);
}
template <class Result, class... P>
consteval auto put(std::string_view pattern, P... parameters) {
  return detail::make_operation<Result>(http::method_id::put, pattern, parameters...);
}
template <class Result, class... P>
consteval auto patch(std::string_view pattern, P... parameters) {
  return detail::make_operation<Result>(http::method_id::patch, pattern, parameters...);
}
template <class Result, class... P>
consteval auto delete_(std::string_view pattern, P... parameters) {
  return detail::make_operation<Result>(http::method_id::delete_, pattern, parameters...);
}

}  // namespace bight::api
