// JSON bodies: described structs, containers and boost::json values, to and from text.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/body.hpp>
#include <bight/http/detail/json_read.hpp>
#include <bight/http/detail/json_write.hpp>
#include <bight/http/json_error.hpp>
#include <bight/http/request_builder.hpp>
#include <bight/http/response.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace bight::http {

/// Limits of from_json. Trivially copyable.
struct json_limits {
  std::size_t max_depth = 32;  ///< Nesting of arrays and objects.
};

/// Reads a T from JSON text (RFC 8259).
///
///     auto one = http::from_json<item>(text);
///     auto many = http::from_json<std::vector<item>>(list);
///
/// where `item` is a described struct: `BOOST_DESCRIBE_STRUCT(item, (), (id, name, price))` follows its
/// definition.
///
/// T is one of: bool, integers and floating-point numbers, std::string, described enums (by name), described
/// structs, std::optional (null), sequence containers, std::array, std::pair, std::tuple, maps with string
/// keys, std::variant (the first alternative that fits), boost::json values, and types with a
/// boost::json::value_to conversion. An integer must be in range; 1.0 and 1e3 are integers. A member that is
/// absent is an error unless it is an optional; members that T does not have are ignored. Of repeated
/// members the last one counts. Errors: json_error.
template <class T = boost::json::value>
[[nodiscard]] T from_json(std::string_view text, const json_limits& limits = {}) {
  const auto value = detail::parse_json(text, limits.max_depth);
  if constexpr (std::same_as<T, boost::json::value>)
    return value;
  else
    return detail::read_json<T>(value, detail::json_place{});
}

/// Writes `value` as JSON text, without whitespace. The types of from_json; an empty optional is null.
/// Malformed UTF-8 in texts is replaced by U+FFFD. Errors: json_error for numbers that JSON does not have
/// (infinity, NaN).
template <class T>
[[nodiscard]] std::string to_json(const T& value) {
  std::string text;
  detail::write_json(text, value, detail::json_place{});
  return text;
}

/// Reads the body as JSON (httpx: response.json()).
///
///     auto one = co_await http::json<item>(response);
///     auto any = co_await http::json(response);            // boost::json::value
///     auto direct = co_await http::json<item>(co_await client.get(url));
///
/// The status is not looked at; call raise_for_status() first where that matters. Errors: json_error; those
/// of response::bytes.
template <class T = boost::json::value>
[[nodiscard]] awaitable<T> json(response& r, json_limits limits = {}) {
  const auto text = co_await r.bytes();
  co_return from_json<T>(text, limits);
}
template <class T = boost::json::value>
[[nodiscard]] awaitable<T> json(response&& r, json_limits limits = {}) {
  auto own = std::move(r);
  const auto text = co_await own.bytes();
  co_return from_json<T>(text, limits);
}

/// Reads the body of a request in a server. Errors: request_json_error, for which the server responds 422
/// with pointer and reason unless the handler catches it; those of server_request::text.
template <class T = boost::json::value>
[[nodiscard]] awaitable<T> json(server_request& r, json_limits limits = {}) {
  const auto text = co_await r.text();
  try {
    co_return from_json<T>(text, limits);
  } catch (const json_error& e) { throw request_json_error{e}; }
}

/// A response of media type application/json. Errors: as to_json.
template <class T>
[[nodiscard]] server_response json_response(const T& value, http::status code = status::ok) {
  server_response r{code, http::body{to_json(value)}};
  r.headers().set(header_id::content_type, "application/json");
  return r;
}

template <class Self>
template <class T>
Self& request_setters<Self>::json(const T& value) & {
  return attempt([&](auto& d) {
    d.request.set_body(to_json(value));
    if (!d.request.headers().contains(header_id::content_type))
      d.request.headers().set(header_id::content_type, "application/json");
  });
}

}  // namespace bight::http
