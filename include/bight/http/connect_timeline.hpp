// connect_timeline: how the connection of a request was obtained.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/net/connect.hpp>
#include <optional>

namespace bight::http {

/// When the connection of a request was obtained, step by step. Steps that were not taken are
/// empty. Recorded for new connections, and for reused ones that the request waited for.
class connect_timeline {
 public:
  connect_timeline() {}

  /// Whether an idle connection was reused. Then only the wait in the queue is recorded.
  bool reused = false;
  /// Waiting for a place in the pool.
  std::optional<clock::time_point> queue_start;
  std::optional<clock::time_point> queue_end;
  /// Name lookup and connection attempts: to the server, or to the proxy if there is one.
  net::connect_trace network;
  /// TLS handshake with a proxy, and the negotiation with it (CONNECT, SOCKS5).
  std::optional<clock::time_point> proxy_start;
  std::optional<clock::time_point> proxy_end;
  /// TLS handshake with the server.
  std::optional<clock::time_point> tls_start;
  std::optional<clock::time_point> tls_end;
  /// Whether a TLS session was resumed.
  bool resumed = false;
};

}  // namespace bight::http
