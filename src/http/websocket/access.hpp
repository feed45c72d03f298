// The engine of a websocket, for what is built on WebSockets.
#pragma once
#include <bight/http/websocket.hpp>
#include <memory>

namespace bight::http {

struct websocket_access {
  static const std::shared_ptr<ws::connection>& connection(const websocket& w) noexcept {
    return w.connection_;
  }
};

}  // namespace bight::http
