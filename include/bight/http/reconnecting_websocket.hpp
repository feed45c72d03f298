// reconnecting_websocket: a WebSocket that connects again.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/backoff.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/websocket.hpp>
#include <bight/http/websocket_builder.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bight::http {

/// A WebSocket of a client that connects again, with backoff, when it is lost (`async for ws in connect(...)`
/// of Python's websockets).
///
///     http::reconnecting_websocket prices{[&] { return client.websocket("wss://example.org/prices"); }};
///     prices.on_connect([](http::websocket& ws) -> bight::awaitable<void> { co_await ws.send("subscribe");
///     }); auto message = co_await prices.receive(); while (message) {
///       std::cout << message->data << '\n';
///       message = co_await prices.receive();
///     }
///
/// What is sent around the time of a loss may be lost, and messages that the server sent meanwhile are not
/// seen: subscribe again, or ask for what was missed, in `on_connect`. Connects when it is first used.
/// Concurrency: as for websocket; the connection is made by `receive`, so one task should always be in it.
/// Lifetime: must outlive its operations.
class reconnecting_websocket {
 public:
  using connector = unique_function<websocket_builder()>;
  using greeting = unique_function<awaitable<void>(websocket&)>;

  /// `connect` describes each connection. `delays` are kept between attempts, the first one also after a
  /// connection that has worked; one on which a message was received begins them again.
  explicit reconnecting_websocket(connector connect, backoff delays = default_delays());
  reconnecting_websocket(const reconnecting_websocket&) = delete;
  reconnecting_websocket& operator=(const reconnecting_websocket&) = delete;
  ~reconnecting_websocket();

  /// Half a second, growing to 30 seconds, half of it random.
  static backoff default_delays();

  /// Is called with each new connection before anything is received from it. It may send, but not receive. An
  /// error that it throws counts as one of the connection.
  void on_connect(greeting g) { greet_ = std::move(g); }

  /// Waits for the next message, and connects before if there is no connection. Returns: nullopt after a
  /// close with code 1000, and after `close`. Errors: those that are not bight::transient, such as a refused
  /// handshake with status 403, or a close code that says that trying again is useless (1002, 1008, and those
  /// of applications); a later call tries again. Cancellation: takes nothing; a connection that is being made
  /// is dropped.
  [[nodiscard]] awaitable<std::optional<websocket_message>> receive();
  /// Sends on the current connection. Errors: websocket_closed with code 1006 if there is none.
  [[nodiscard]] awaitable<void> send(std::string_view text);
  [[nodiscard]] awaitable<void> send(const websocket_message& message);
  /// Closes the connection for good.
  [[nodiscard]] awaitable<void> close(std::uint16_t code = 1000, std::string_view reason = {});

  /// The current connection; null if there is none.
  websocket* connection() noexcept { return socket_.valid() ? &socket_ : nullptr; }
  /// The number of connections made so far.
  std::uint64_t connects() const noexcept { return connects_; }

 private:
  awaitable<void> require_connection();
  awaitable<std::optional<websocket_message>> receive_once();
  websocket& current();

  connector connect_;
  greeting greet_;
  backoff delays_;
  websocket socket_;
  std::uint64_t connects_ = 0;
  unsigned failures_ = 0;  // since the last message
  bool closed_ = false;
};

}  // namespace bight::http
