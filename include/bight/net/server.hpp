// server: a task per connection.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/stream.hpp>
#include <bight/net/tls.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>

namespace bight::net {

/// Options of a server. A class and not an aggregate, so that it is safe inside co_await expressions.
class server_options {
 public:
  server_options() {}

  /// Connections at a time; further ones wait in the backlog of their listener.
  std::size_t max_connections = 10'000;
  /// With it, every connection begins with a TLS handshake, in its own task.
  std::optional<tls_server_context> tls;
  /// How long a client may take for that.
  std::chrono::nanoseconds tls_timeout = std::chrono::seconds{10};
  /// Receives the error of a connection and its client's address. What it throws is logged. Empty: the error
  /// is logged, as `info` if it is what clients and networks do (a reset, a failed TLS handshake), else as
  /// `error`.
  std::function<void(const std::exception_ptr& error, const endpoint& client)> on_error;
};

/// Runs a coroutine for every connection, each in a task of its own (asyncio.start_server). One that fails
/// ends its connection, and nothing else.
///
///     net::server echo{[](net::stream s) -> bight::awaitable<void> {
///       net::reader lines{s};
///       auto line = co_await lines.read_line();
///       while (line) {
///         co_await s.write(*line + '\n');
///         line = co_await lines.read_line();
///       }
///       co_await s.close();
///     }};
///     co_await echo.serve(net::listener{net::endpoint{net::ip_address::loopback(), 7000}});
///
/// A handler that returns, or throws, without having closed its stream drops the connection; with TLS, the
/// client takes that for a truncation. Concurrency: one loop; any number of `serve` at a time. Lifetime: must
/// outlive its `serve` and `serve_connection` calls.
class server {
 public:
  using handler = unique_function<awaitable<void>(stream)>;

  explicit server(handler h, server_options options = {});
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  /// Accepts connections until `stop`, and returns when those of this listener have ended. Errors of `accept`
  /// that pass, as "too many open files", are logged and tried again after a pause.
  /// Cancellation: cancels the connections, and closes them. Errors: of `accept`, others; the connections are
  /// cancelled first.
  [[nodiscard]] awaitable<void> serve(listener from);
  /// Serves one connection that comes from elsewhere, in the calling task, with all that the options say but
  /// the limit on connections, of which it is one. Errors of the handler are treated as those of others.
  /// Cancellation: cancels the handler.
  [[nodiscard]] awaitable<void> serve_connection(stream connection);

  /// Stops: no new connections from now on. Those there are may go on for `grace`; then their handlers are
  /// cancelled. Returns at once; `serve` and `serve_connection` return when that is done. Another call
  /// replaces the grace, from then on.
  void stop(std::chrono::nanoseconds grace = std::chrono::seconds{30});
  /// True once `stop` was called: for handlers that would go on for ever.
  bool stopping() const noexcept;
  /// Waits until `stop` is called: for handlers to race with what they wait for.
  [[nodiscard]] awaitable<void> wait_stopping();

  /// Connections now, those in their TLS handshake included.
  std::size_t connections() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bight::net
