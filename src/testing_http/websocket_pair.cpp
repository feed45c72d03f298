#include <bight/testing_http/websocket_pair.hpp>

#include <bight/net/memory_stream.hpp>
#include <utility>

namespace bight::testing {

websocket_pair::websocket_pair(websocket_pair_options options) {
  auto [first, second] = net::memory_pipe({.capacity = options.capacity});
  client = http::make_websocket(with_faults(std::move(first), std::move(options.client_faults)),
                                http::websocket_side::client, options.client);
  server = http::make_websocket(with_faults(std::move(second), std::move(options.server_faults)),
                                http::websocket_side::server, options.server);
}

}  // namespace bight::testing
