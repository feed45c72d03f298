// websocket_options: limits and timeouts of a WebSocket.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace bight::http {

/// permessage-deflate (RFC 7692). Values out of range are a std::invalid_argument when a connection is
/// opened. Trivially copyable.
///
/// Without context takeover, each message is compressed by itself, and all connections of a loop share a few
/// contexts; with it, messages that resemble each other become smaller, and each connection needs about 300
/// KiB.
struct websocket_deflate {
  bool server_no_context_takeover = true;  ///< The server compresses each message by itself.
  bool client_no_context_takeover = true;  ///< The client compresses each message by itself.
  int server_max_window_bits = 15;         ///< Window of the server's compressor, 9 to 15.
  int client_max_window_bits = 15;         ///< Window of the client's compressor, 9 to 15.
  int level = 1;                           ///< 1 (fast) to 9 (small).
  int memory_level = 8;                    ///< 1 to 9.
  std::size_t min_size = 256;              ///< Shorter messages are sent as they are.
};

/// Limits and timeouts of a WebSocket. Trivially copyable. `forever` disables a timeout.
struct websocket_options {
  std::uint64_t max_message = 16U << 20U;   ///< Size of a received message as sent, in bytes; 1009 beyond it.
  std::uint64_t max_inflated = 16U << 20U;  ///< Size of a received message after decompression.
  std::uint32_t max_fragments = 128 * 1024;  ///< Frames of a received message.
  /// Messages, and bytes of messages, that wait for `receive`. When one of them is reached, nothing more is
  /// read, and TCP slows the peer down.
  std::size_t max_queue = 32;
  std::size_t max_queue_bytes = 1U << 20U;
  /// Time without anything received after which a ping is sent.
  std::chrono::nanoseconds ping_interval = std::chrono::seconds{20};
  /// Time for the answer to that ping; then the connection is lost. Does not run while nothing is read.
  std::chrono::nanoseconds pong_timeout = std::chrono::seconds{20};
  /// Time for the closing handshake, from the Close frame on; then the connection is dropped.
  std::chrono::nanoseconds close_timeout = std::chrono::seconds{10};
  /// Offers (client) or accepts (server) compression. Default: none.
  std::optional<websocket_deflate> deflate = std::nullopt;
};

}  // namespace bight::http
