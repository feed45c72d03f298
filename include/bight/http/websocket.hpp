// websocket: a WebSocket connection, of a client or a server.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/awaiter.hpp>
#include <bight/http/websocket_error.hpp>
#include <bight/http/websocket_options.hpp>
#include <bight/net/connection_info.hpp>
#include <bight/net/stream.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace bight::http {

namespace ws {
class connection;
}

/// A message: text, which is UTF-8, or binary data.
class websocket_message {
 public:
  enum class kind : std::uint8_t { text, binary };

  explicit websocket_message(std::string content, kind type = kind::text) noexcept
      : data(std::move(content)), type_(type) {}

  kind type() const noexcept { return type_; }
  bool is_text() const noexcept { return type_ == kind::text; }
  bool is_binary() const noexcept { return type_ == kind::binary; }

  std::string data;

 private:
  kind type_;
};

/// A WebSocket (RFC 6455), as `websockets` and aiohttp have it for Python. Made by client::websocket and
/// websocket_response. Move-only; the destructor drops the connection without a closing handshake, which the
/// peer sees as close code 1006.
///
///     auto ws = co_await client.websocket("wss://example.org/chat");
///     co_await ws.send("hello");
///     auto message = co_await ws.receive();
///     while (message) {                               // empty once the peer has closed
///       std::cout << message->data << '\n';
///       message = co_await ws.receive();
///     }
///     co_await ws.close();
///
/// A task of its own reads from the connection, so pings are answered and a Close is noticed while nobody
/// receives. When the queue of messages is full it stops reading until `receive` has taken one. A peer that
/// violates the protocol, or a limit, is refused with a Close frame; messages that arrived before are
/// received first. Concurrency: one loop; one `receive` at a time, and any number of other operations.
/// Lifetime: an operation must end before the websocket is destroyed or moved. Errors: websocket_closed,
/// with code and reason, from every operation on a connection that has ended.
class websocket {
 public:
  class receive_awaiter;

  websocket() noexcept = default;
  explicit websocket(std::shared_ptr<ws::connection> c) noexcept : connection_(std::move(c)) {}
  websocket(websocket&&) noexcept = default;
  websocket& operator=(websocket&& other) noexcept;
  ~websocket();

  /// Whether it has, or had, a connection. Precondition of all other members.
  bool valid() const noexcept { return connection_ != nullptr; }

  /// Waits for the next message. Returns: nullopt after a close with code 1000, 1001 or 1005 (no code).
  /// Errors: websocket_closed for every other end; std::logic_error if another task is receiving.
  /// Cancellation: takes nothing.
  [[nodiscard]] receive_awaiter receive() noexcept;

  /// Sends a text message, and waits until the system has taken all of it. Messages are sent in the order of
  /// the calls. `text` must remain valid until it completes. Errors: std::invalid_argument if it is not
  /// UTF-8. Cancellation: a message whose turn had not come is not sent; otherwise it is sent completely,
  /// and only the waiting ends.
  [[nodiscard]] awaitable<void> send(std::string_view text);
  /// Same for a binary message.
  [[nodiscard]] awaitable<void> send(std::span<const std::byte> data);
  /// Same for a message of either type.
  [[nodiscard]] awaitable<void> send(const websocket_message& message);

  /// Sends a ping and waits for the answer. Returns: the time that it took. Any number of pings may be under
  /// way. Errors: std::invalid_argument if `payload` has more than 125 bytes; empty: a number is sent.
  /// Cancellation: stops waiting.
  [[nodiscard]] awaitable<std::chrono::nanoseconds> ping(std::string payload = {});

  /// Closes the connection: sends what is being sent and a Close frame, and waits until the peer has closed,
  /// for at most websocket_options::close_timeout; messages that arrive meanwhile are dropped. Does nothing
  /// if the connection has ended. Errors: std::invalid_argument if the code may not be sent (RFC 6455 7.4)
  /// or the reason is not UTF-8 or has more than 123 bytes. Cancellation: stops waiting; the handshake and
  /// its timeout go on.
  [[nodiscard]] awaitable<void> close(std::uint16_t code = 1000, std::string_view reason = {});
  /// Drops the connection. The peer sees close code 1006.
  void abort() noexcept;

  /// Whether messages can be sent: no side has begun to close.
  bool is_open() const noexcept;
  /// The code and reason of the peer's Close frame; 1005 if it had no code, 1006 if the connection ended
  /// without one. nullopt before that.
  std::optional<std::uint16_t> close_code() const noexcept;
  std::string_view close_reason() const noexcept;

  /// The subprotocol that was agreed upon; empty if none.
  std::string_view subprotocol() const noexcept;
  /// Whether permessage-deflate was agreed upon.
  bool compresses() const noexcept;
  /// The round trip measured by the last ping that was answered, a keep-alive ping or one of `ping`.
  std::optional<std::chrono::nanoseconds> latency() const noexcept;
  /// Messages that wait for `receive`.
  std::size_t queued() const noexcept;
  /// The endpoints and the TLS parameters; empty endpoints once the connection has ended.
  net::connection_info connection() const;

 private:
  friend struct websocket_access;
  std::shared_ptr<ws::connection> connection_;
};

/// The operation of websocket::receive.
class websocket::receive_awaiter final : public basic_awaiter<receive_awaiter> {
 public:
  static constexpr bool revocable = true;  // a message stays in the queue until it is returned
  receive_awaiter(receive_awaiter&&) = default;
  ~receive_awaiter();
  const char* waiting_for() const noexcept override { return "websocket::receive"; }

 private:
  friend class basic_awaiter<receive_awaiter>;
  friend class websocket;
  friend class ws::connection;
  explicit receive_awaiter(ws::connection& c) noexcept : connection_(&c) {}
  bool ready() override;
  void park() override;
  bool unpark() noexcept override;
  std::optional<websocket_message> result();
  ws::connection* connection_;
  bool waits_ = false;  // it is the one that receives
};

/// The two sides of a WebSocket: clients mask what they send.
enum class websocket_side : std::uint8_t { client, server };

/// A WebSocket over a connection whose opening handshake has taken place in another way, for tests and other
/// transports. There is no compression.
websocket make_websocket(net::stream connection, websocket_side self, const websocket_options& options = {});

}  // namespace bight::http
