#include <bight/http/websocket_error.hpp>

#include <bight/http/error.hpp>
#include <utility>

#include "http/websocket/close_code.hpp"

namespace bight::http {
namespace {

errc kind_of(std::uint16_t code) noexcept {
  switch (code) {
    case ws::code::going_away:
    case ws::code::no_status:
    case ws::code::abnormal:
    case ws::code::service_restart:
    case ws::code::try_again_later:
    case ws::code::bad_gateway:
      return errc::websocket_lost;
    default:
      return errc::websocket_closed;
  }
}

std::string text_of(std::uint16_t code, std::string_view reason, std::string_view detail) {
  std::string text = "close code " + std::to_string(code);
  if (!reason.empty()) text.append(", ").append(reason);
  if (!detail.empty()) text.append(", ").append(detail);
  return text;
}

}  // namespace

websocket_closed::websocket_closed(std::uint16_t close_code, std::string reason, std::string_view detail)
    : system_error(make_error_code(kind_of(close_code)), text_of(close_code, reason, detail)),
      close_code_(close_code),
      reason_(std::move(reason)) {}

websocket_refused::websocket_refused(http::status code, const std::string& what)
    : system_error(make_error_code(code.is_temporary() ? errc::temporary_status : errc::websocket_refused),
                   what),
      status_(code) {}

}  // namespace bight::http
