// test_client: an HTTP client of a server that runs in memory.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/client.hpp>
#include <bight/http/detail/to_handler.hpp>
#include <bight/http/handler.hpp>
#include <bight/http/server.hpp>
#include <bight/net/address.hpp>
#include <bight/net/network.hpp>
#include <bight/net/stream.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace bight::testing {

/// Options of a test_client. Not an aggregate, so that it is safe in co_await expressions.
class test_client_options {
 public:
  /// The base URL is http://testserver/, and the client keeps cookies.
  test_client_options();

  http::server_options server;
  /// `network` is replaced, and proxies of the environment are ignored.
  http::client_options client;
  /// The address that handlers see as that of the client.
  net::ip_address client_address = net::ip_address::loopback();
  /// The buffer size of a connection per direction, in bytes; `write` waits while it is full.
  std::size_t capacity = 64 * 1024;
  /// Whether a call that is answered with 500 because of an exception of the handler throws that exception.
  bool throw_handler_errors = true;
};

namespace detail {
class test_app;
}

/// An http::client whose requests are answered by a handler or router in the same program, without sockets
/// (Starlette's TestClient, aiohttp's test_client). They pass through the whole server: parsing, limits,
/// timeouts, keep-alive, upgrades, and TLS if `options.server.tls` is set. Time stays virtual.
///
///     http::router site;
///     site.get("/items/{id:int}", show_item);
///     bight::testing::test_client client{std::move(site)};
///     auto response = co_await client.get("/items/7");
///     EXPECT_EQ(response.status(), 200);
///
/// Every host name and port of a URL leads to the handler; redirects are followed. If the handler throws,
/// the server logs the exception and answers with 500, and `get` throws that exception: see
/// test_client_options::throw_handler_errors. A handler that makes requests itself uses the network in which
/// the test_client was created, such as a fake_network.
///
/// Copies as an http::client use the same server. Concurrency: one loop. Lifetime: the destructor closes the
/// connections and cancels the handlers, which end later; `stop` waits for them.
class test_client : public http::client {
 public:
  explicit test_client(http::handler h, test_client_options options = {});
  /// Takes what a router accepts as a handler, or a router.
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, http::handler> &&
             !std::derived_from<std::remove_cvref_t<F>, http::client>)
  explicit test_client(F handler_or_router, test_client_options options = {})
      : test_client(http::detail::to_handler(std::move(handler_or_router)), std::move(options)) {}
  test_client(const test_client&) = delete;
  test_client& operator=(const test_client&) = delete;
  ~test_client();

  /// Opens a connection to the server, for bytes of one's own.
  [[nodiscard]] awaitable<net::stream> connect();
  /// Stops the server gracefully and waits until its handlers and their work after the response have ended,
  /// at most `grace`. Later requests fail with "connection refused".
  [[nodiscard]] awaitable<void> stop(std::chrono::nanoseconds grace = std::chrono::seconds{30});

  /// The server: `server().requests()`, `server().connections()`.
  http::server& server() noexcept;
  /// The network in which every address is the server, for other clients: see net::network_scope.
  std::shared_ptr<net::network> network() const;

 private:
  test_client(std::shared_ptr<detail::test_app> app, test_client_options options);
  std::shared_ptr<detail::test_app> app_;
};

}  // namespace bight::testing
