#include <bight/http/error.hpp>
#include <cstddef>
#include <string>

#include <bight/core/error.hpp>

namespace bight::http {
namespace {

const char* text(errc code) noexcept {
  switch (code) {
    case errc::invalid_url:
      return "invalid URL";
    case errc::unsupported_scheme:
      return "unsupported URL scheme";
    case errc::malformed_start_line:
      return "malformed start line";
    case errc::malformed_header:
      return "malformed header";
    case errc::malformed_chunk:
      return "malformed chunked encoding";
    case errc::bad_framing:
      return "conflicting Content-Length or Transfer-Encoding";
    case errc::unsupported_transfer_coding:
      return "unsupported transfer coding";
    case errc::bad_host:
      return "missing, repeated or invalid Host header";
    case errc::unsupported_version:
      return "unsupported HTTP version";
    case errc::head_too_large:
      return "message head too large";
    case errc::target_too_long:
      return "request target too long";
    case errc::too_many_headers:
      return "too many headers";
    case errc::body_too_large:
      return "body too large";
    case errc::truncated:
      return "connection closed before the end of the message";
    case errc::bad_content_encoding:
      return "body does not match its Content-Encoding";
    case errc::decompression_bomb:
      return "decompression ratio limit exceeded";
    case errc::too_many_redirects:
      return "too many redirects";
    case errc::invalid_header:
      return "invalid header name or value";
    case errc::body_not_replayable:
      return "request body cannot be sent again";
    case errc::unexpected_status:
      return "unexpected status";
    case errc::temporary_status:
      return "temporary error status";
    case errc::invalid_json:
      return "unexpected JSON";
    case errc::server_closed:
      return "server closed the connection without sending a response";
    case errc::unsupported_content_coding:
      return "unsupported content coding";
    case errc::proxy_authentication:
      return "proxy authentication failed";
    case errc::proxy_refused:
      return "proxy refused the connection";
    case errc::proxy_unavailable:
      return "proxy could not connect";
    case errc::proxy_protocol:
      return "invalid answer of the proxy";
    case errc::invalid_cookie:
      return "invalid cookie";
    case errc::invalid_form:
      return "invalid form field";
    case errc::invalid_credentials:
      return "invalid credentials";
    case errc::malformed_file:
      return "malformed file";
    case errc::malformed_multipart:
      return "malformed multipart body";
    case errc::checksum_mismatch:
      return "checksum mismatch";
    case errc::websocket_closed:
      return "WebSocket closed";
    case errc::websocket_lost:
      return "WebSocket lost";
    case errc::websocket_refused:
      return "no WebSocket";
    case errc::not_an_event_stream:
      return "not an event stream";
    case errc::event_too_large:
      return "event too large";
    case errc::invalid_event:
      return "invalid type or id of an event";
  }
  return "unknown bight.http error";
}

// Boost's base class has a protected destructor that is not virtual; nobody deletes a category.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class category final : public boost::system::error_category {
 public:
  using error_category::equivalent;
  const char* name() const noexcept override { return "bight.http"; }
  std::string message(int code) const override { return text(static_cast<errc>(code)); }
  const char* message(int code, char*, std::size_t) const noexcept override {
    return text(static_cast<errc>(code));
  }
  bool equivalent(int code, const boost::system::error_condition& condition) const noexcept override {
    if (condition != transient) return error_category::equivalent(code, condition);
    const auto e = static_cast<errc>(code);
    return e == errc::truncated || e == errc::server_closed || e == errc::temporary_status ||
           e == errc::proxy_unavailable || e == errc::websocket_lost;
  }
};
#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& http_category() noexcept {
  static const category instance;
  return instance;
}

boost::system::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), http_category()};
}

}  // namespace bight::http
