// client_metrics: what a client has done.
#pragma once
#include <cstddef>
#include <cstdint>

namespace bight::http {

/// State and counters of the connection pool of a client. Trivially copyable.
struct pool_metrics {
  std::size_t open = 0;     ///< Open connections, including those being established.
  std::size_t idle = 0;     ///< Idle ones among them.
  std::size_t waiting = 0;  ///< Requests that wait for a place.

  std::uint64_t created = 0;  ///< Connections established.
  std::uint64_t failed = 0;   ///< Connections that could not be established, or were cancelled before.
  std::uint64_t reused = 0;   ///< Requests that were given an idle connection.

  std::uint64_t closed_idle = 0;      ///< Closed because of idle_timeout, or the server's Keep-Alive timeout.
  std::uint64_t closed_age = 0;       ///< Closed because of max_connection_age.
  std::uint64_t closed_uses = 0;      ///< Closed because of max_connection_uses.
  std::uint64_t closed_by_peer = 0;   ///< Closed by the peer while idle, or unsolicited data arrived.
  std::uint64_t closed_for_room = 0;  ///< Closed while idle to make room for a connection to another host.
  std::uint64_t closed_by_client = 0;  ///< Closed by close_idle() or the end of the client.
  std::uint64_t closed_after_use = 0;  ///< Closed after a request: Connection: close, error, cancellation.
};

/// Counters of a client. Trivially copyable.
struct client_metrics {
  std::uint64_t calls = 0;      ///< Requests by callers.
  std::uint64_t requests = 0;   ///< Requests sent: redirects, retries and answers to challenges included.
  std::uint64_t redirects = 0;  ///< Redirects followed.
  std::uint64_t retries = 0;    ///< Attempts after a failed one (client_options::retries).
  std::uint64_t replays = 0;    ///< Requests sent again because a reused connection turned out to be dead.
  std::uint64_t failed = 0;     ///< Calls that ended without a response.
  pool_metrics connections;
};

}  // namespace bight::http
