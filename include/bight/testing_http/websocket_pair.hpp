// websocket_pair: two WebSockets in memory.
#pragma once
#include <bight/http/websocket.hpp>
#include <bight/testing/faults.hpp>
#include <cstddef>

namespace bight::testing {

/// Options of a websocket_pair. Not an aggregate, so that it is safe in co_await expressions.
struct websocket_pair_options {
  websocket_pair_options() {}
  http::websocket_options client;
  http::websocket_options server;
  /// Faults of the connection, as seen from each side: delays, splits, resets.
  faults client_faults;
  faults server_faults;
  /// Capacity of each direction in bytes; a send waits when it is full.
  std::size_t capacity = 64 * 1024;
};

/// A client and a server that are connected, without a handshake, a network or real time:
///
///     testing::websocket_pair pair;
///     auto session = bight::spawn(echo, std::ref(pair.server));
///     co_await pair.client.send("hello");
///     auto answer = co_await pair.client.receive();
///     co_await pair.client.close();
///
/// Each read and write is a step of fail_at_every_step.
class websocket_pair {
 public:
  explicit websocket_pair(websocket_pair_options options = {});
  http::websocket client;
  http::websocket server;
};

}  // namespace bight::testing
