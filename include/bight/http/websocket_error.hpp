// websocket_closed, websocket_refused: errors of WebSockets.
#pragma once
#include <bight/http/status.hpp>
#include <boost/system/system_error.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace bight::http {

/// Thrown by the operations of a websocket that has ended. Its code is errc::websocket_closed, or
/// errc::websocket_lost, which is bight::transient, if trying again later may help: codes 1001, 1005, 1006,
/// 1012, 1013 and 1014.
class websocket_closed : public boost::system::system_error {
 public:
  /// `detail`: what happened, if there was no Close frame to say it.
  websocket_closed(std::uint16_t close_code, std::string reason, std::string_view detail = {});

  /// The code of the peer's Close frame, or of ours if the peer violated the protocol or a limit; 1005 if it
  /// had none, 1006 if the connection ended without one.
  std::uint16_t close_code() const noexcept { return close_code_; }
  /// The reason in the Close frame; often empty.
  const std::string& reason() const noexcept { return reason_; }

 private:
  std::uint16_t close_code_;
  std::string reason_;
};

/// Thrown by client::websocket if the server does not open a WebSocket: errc::websocket_refused, or
/// errc::temporary_status for the statuses that response::raise_for_status treats so.
class websocket_refused : public boost::system::system_error {
 public:
  websocket_refused(http::status code, const std::string& what);
  /// The status of the response; 101 if the response violates the protocol.
  http::status status() const noexcept { return status_; }

 private:
  http::status status_;
};

}  // namespace bight::http
