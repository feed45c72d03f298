// mock_http: what a client would get from servers, without a network.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/method.hpp>
#include <bight/http/request.hpp>
#include <bight/http/response.hpp>
#include <bight/http/status.hpp>
#include <bight/http/transport.hpp>
#include <bight/http/url.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bight::testing {

namespace detail {
class mock_route_state;
class mock_http_state;
}  // namespace detail

/// A request that a mock_http received.
class mock_call {
 public:
  http::method method;
  http::url url;
  http::headers headers;  ///< With those that the client adds.
  std::string body;       ///< The whole body.
};

/// Which requests it applies to, and the answers to them, one after the other; the last one repeats. Made by
/// mock_http. Copies are the same route.
class mock_route {
 public:
  /// Applies only to requests with this header field, query parameter, or body.
  mock_route& with_header(std::string_view name, std::string_view value);
  mock_route& with_query(std::string_view name, std::string_view value);
  mock_route& with_body(std::string_view body);
  /// Applies only to requests for which `wanted` returns true.
  mock_route& when(std::function<bool(const mock_call&)> wanted);

  /// The next answer: a response.
  mock_route& respond(http::status code, std::string body = {}, http::headers fields = {});
  /// The next answer: what `make` returns.
  mock_route& respond(std::function<http::response(const mock_call&)> make);
  /// The next answer: a body that breaks off with errc::truncated after `body`.
  mock_route& respond_cut_short(http::status code, std::string body, http::headers fields = {});
  /// The next answer: the connection fails with `error`, for example http::errc::server_closed.
  mock_route& fail(boost::system::error_code error);
  /// The next answer: none; the request waits until a timeout or a cancellation ends it.
  mock_route& hang();
  /// The answer before takes `d` to arrive.
  mock_route& after(clock::duration d);

  /// The requests that it answered.
  const std::vector<mock_call>& calls() const noexcept;
  std::size_t call_count() const noexcept { return calls().size(); }

 private:
  friend class mock_http;
  explicit mock_route(std::shared_ptr<detail::mock_route_state> state) noexcept;
  std::shared_ptr<detail::mock_route_state> state_;
};

/// Answers the requests of a client in place of the network (respx).
///
///     bight::testing::mock_http mock;
///     mock.get("http://shop.test/items/*").respond(200, R"({"id": 1})");
///     auto& orders = mock.post("/orders").respond(503).respond(201);   // any host; 503 once, then 201
///     http::client_options options;
///     options.transport = mock.transport();
///     http::client client{options};
///     ...
///     EXPECT_EQ(orders.call_count(), 2U);
///
/// A pattern is a URL, or a path that applies to every host; `*` stands for any characters. A pattern without
/// a query applies to all queries. The route that was added first and applies answers. A request to which no
/// route applies fails with std::logic_error, which names it and the routes, and fails the test if
/// GoogleTest runs one. Redirects, cookies, retries and middleware of the client work as over the network.
/// Copies are the same mock. Concurrency: one loop.
class mock_http {
 public:
  mock_http();

  mock_route& get(std::string_view pattern) { return route(http::method::get, pattern); }
  mock_route& head(std::string_view pattern) { return route(http::method::head, pattern); }
  mock_route& post(std::string_view pattern) { return route(http::method::post, pattern); }
  mock_route& put(std::string_view pattern) { return route(http::method::put, pattern); }
  mock_route& patch(std::string_view pattern) { return route(http::method::patch, pattern); }
  mock_route& delete_(std::string_view pattern) { return route(http::method::delete_, pattern); }
  mock_route& route(const http::method& m, std::string_view pattern);
  /// For every method.
  mock_route& any(std::string_view pattern);

  /// For client_options::transport. Lifetime: independent of this object.
  std::shared_ptr<http::transport> transport() const;
  /// All requests, in order, unmatched ones included.
  const std::vector<mock_call>& calls() const noexcept;
  /// Whether every route has answered all that was scripted for it at least once.
  bool all_called() const noexcept;

 private:
  std::shared_ptr<detail::mock_http_state> state_;
};

}  // namespace bight::testing
