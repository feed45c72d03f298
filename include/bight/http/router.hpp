// router: handlers by method and path.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/http/detail/to_handler.hpp>
#include <bight/http/handler.hpp>
#include <bight/http/method.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <bight/http/status.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace bight::http {

namespace detail {
struct route_data;
}

/// A route that was added to a router, to set its options. A cheap handle; valid as long as the router, and
/// after the router was moved or mounted.
class added_route {
 public:
  /// Overrides server_limits::max_body.
  added_route& max_body(std::uint64_t bytes);
  /// Cancels the handler when it has not returned after `limit`, and responds with `code`. Includes the time
  /// to read the request body, not the time to send the response, and not middleware. For a gateway: 504.
  added_route& timeout(std::chrono::nanoseconds limit, status code = status::service_unavailable);
  /// Adds middleware inside that of the router and inside that added before.
  added_route& add_middleware(middleware m);
  /// The pattern, with the prefixes of the routers that it was mounted in: server_request::route.
  std::string_view pattern() const noexcept;

 private:
  friend class router;
  explicit added_route(detail::route_data& data) noexcept : data_(&data) {}
  detail::route_data* data_;
};

/// Calls handlers by method and path. A router is a handler itself.
///
///     http::router routes;
///     routes.get("/", [] { return "hello\n"; });
///     routes.get("/items/{id:int}", show_item);
///     routes.post("/items", add_item).max_body(64 * 1024).timeout(5s);
///     routes.mount("/static", http::static_files{"/srv/www"});
///     http::server server{std::move(routes)};
///
/// Handlers: coroutines or functions that take a server_request& or nothing and return a server_response, a
/// text (200, text/plain), or nothing (204). Work that blocks: http::blocking. A `problem` or
/// request_json_error that a handler throws becomes a response here, so that middleware sees it; other
/// exceptions pass through.
///
/// Patterns begin with a slash. A segment is a literal, written unencoded, or one parameter:
///
/// | `{name}`       | a text that is not empty |
/// | `{name:int}`   | a decimal integer of 64 bits: -7 |
/// | `{name:float}` | a decimal number: 1.5e3; not inf or nan |
/// | `{name:uuid}`  | 8-4-4-4-12 hexadecimal digits |
/// | `{name:path}`  | the rest, slashes included; may be empty; the last segment only |
///
/// Paths are split at slashes and then percent-decoded: `%2F` is data in a text parameter, and does not match
/// a `path` parameter. The empty pattern is the prefix of a mounted router itself: "/api" without a slash.
///
/// Which route is chosen: segment by segment, literals come first, then int, float, uuid, text, path, and
/// mounted handlers last. Among routes that match the path, the first in this order that has the method is
/// chosen. GET routes also serve HEAD. If no route has the method, the response is 405 with Allow, and 204
/// with Allow for OPTIONS. If no route matches the path, the response is 404; this includes parameters that
/// do not have their type, and paths with "." or ".." segments, also encoded. A path with a malformed escape,
/// with `%00`, or that is not UTF-8 is 400. "/a" and "/a/" are different paths, and nothing is redirected.
///
/// Errors: functions that add routes throw std::invalid_argument for invalid patterns and for a route with
/// the method and the path of an earlier one, naming both; std::logic_error after the first request.
/// Concurrency: one loop. Lifetime: the router must outlive the requests, and the views of
/// server_request::param.
class router {
 public:
  router();
  router(router&&) noexcept;
  router& operator=(router&&) noexcept;
  ~router();

  template <class F>
  added_route get(std::string_view pattern, F f) {
    return route(method::get, pattern, std::move(f));
  }
  template <class F>
  added_route post(std::string_view pattern, F f) {
    return route(method::post, pattern, std::move(f));
  }
  template <class F>
  added_route put(std::string_view pattern, F f) {
    return route(method::put, pattern, std::move(f));
  }
  template <class F>
  added_route patch(std::string_view pattern, F f) {
    return route(method::patch, pattern, std::move(f));
  }
  template <class F>
  added_route delete_(std::string_view pattern, F f) {
    return route(method::delete_, pattern, std::move(f));
  }
  /// Any method: `route(method::parse("PROPFIND").value(), "/dav/{file:path}", f)`.
  template <class F>
  added_route route(const method& m, std::string_view pattern, F f) {
    return add(m, pattern, detail::to_handler(std::move(f)));
  }
  /// All methods for which the pattern has no route of their own, except TRACE.
  template <class F>
  added_route any(std::string_view pattern, F f) {
    return add({}, pattern, detail::to_handler(std::move(f)));
  }

  /// Adds the routes of another router below `prefix`, which may contain parameters; "" or "/" for none.
  /// Their middleware and limits stay theirs, inside the middleware of this router. Paths below the prefix
  /// that no route matches are handled by the other router's middleware and not_found.
  void mount(std::string_view prefix, router other);
  /// Passes all requests below `prefix` to `f`, for which server_request::subpath is the rest of the path.
  /// The path `prefix` itself, without a slash, is not included. The pattern is `prefix` + "/*".
  template <class F>
  added_route mount(std::string_view prefix, F f) {
    return add_mount(prefix, detail::to_handler(std::move(f)));
  }

  /// Adds middleware, inside that added before. It is called for all requests, also those that end as 404 or
  /// 405; server_request::route and the parameters are set before. A problem that middleware throws passes
  /// the middleware around it as an exception.
  router& add_middleware(middleware m);
  /// Handles requests whose path no route matches, instead of the 404 response.
  template <class F>
  router& not_found(F f) {
    return set_not_found(detail::to_handler(std::move(f)));
  }

  /// Handles a request. The first call composes the middleware.
  awaitable<server_response> operator()(server_request& request);

 private:
  class impl;
  added_route add(const std::optional<method>& m, std::string_view pattern, handler h);
  added_route add_mount(std::string_view prefix, handler h);
  router& set_not_found(handler h);

  std::unique_ptr<impl> impl_;
};

}  // namespace bight::http
