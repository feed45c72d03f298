// Error codes of bight::http.
#pragma once
#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/is_error_code_enum.hpp>
#include <type_traits>

namespace bight::http {

/// Error codes of bight::http, thrown as boost::system::system_error. truncated, server_closed,
/// temporary_status, proxy_unavailable and websocket_lost are bight::transient, which `retry` retries.
enum class errc {
  invalid_url = 1,              ///< The text is not a valid URL (WHATWG URL, "failure").
  unsupported_scheme,           ///< The URL is valid, but its scheme is neither http nor https.
  malformed_start_line,         ///< Invalid request line or status line (RFC 9112 3 and 4).
  malformed_header,             ///< Invalid field line (RFC 9112 5).
  malformed_chunk,              ///< Invalid chunked encoding (RFC 9112 7.1).
  bad_framing,                  ///< Conflicting Content-Length or Transfer-Encoding (RFC 9112 6.3).
  unsupported_transfer_coding,  ///< A transfer coding other than chunked (RFC 9112 7).
  bad_host,              ///< Host is missing, repeated or invalid in an HTTP/1.1 request (RFC 9112 3.2).
  unsupported_version,   ///< The major HTTP version is not 1.
  head_too_large,        ///< The start line and the fields exceed the limit.
  target_too_long,       ///< The request target exceeds the limit.
  too_many_headers,      ///< The number of field lines exceeds the limit.
  body_too_large,        ///< The body, encoded or decoded, exceeds the limit.
  truncated,             ///< The connection was closed before the end of the message.
  bad_content_encoding,  ///< The body does not match its Content-Encoding.
  decompression_bomb,    ///< The decompression ratio exceeds the limit.
  too_many_redirects,    ///< Too many redirects, or a redirect loop.
  invalid_header,        ///< The caller set an invalid header name or value (RFC 9110 5.5).
  body_not_replayable,   ///< A redirect or retry needs the request body, which cannot be sent twice.
  unexpected_status,     ///< raise_for_status() on a 4xx or 5xx response, except temporary_status.
  server_closed,         ///< The server closed the connection without sending a response.
  unsupported_content_coding,  ///< Unknown content coding, or too many of them (RFC 9110 8.4).
  invalid_json,                ///< The text is not JSON, or not of the expected shape; see json_error.
  temporary_status,            ///< raise_for_status() on 408, 425, 429, 500, 502, 503 or 504.
  proxy_authentication,        ///< The proxy requires user name and password, or rejects them (407, SOCKS5).
  proxy_refused,               ///< The proxy refuses to connect; the text contains its reason.
  proxy_unavailable,           ///< The proxy could not connect to the server (502, 503, 504, SOCKS5).
  proxy_protocol,              ///< The proxy violates its protocol, or closed the connection.
  invalid_cookie,              ///< The caller set an invalid cookie (RFC 6265bis).
  invalid_form,                ///< The caller set an invalid name, file name or media type of a form field.
  invalid_credentials,         ///< A user name, password or token that its scheme cannot express.
  malformed_file,              ///< A cookie file or .netrc is malformed; the text names the line.
  malformed_multipart,         ///< The body is not multipart/form-data, or exceeds a limit (RFC 7578).
  checksum_mismatch,           ///< A download does not have the SHA-256 that was asked for.
  websocket_closed,            ///< The WebSocket was closed for a reason that is likely to remain.
  websocket_lost,              ///< The WebSocket was lost, or closed for a reason that may pass.
  websocket_refused,           ///< The server does not open a WebSocket, or not correctly.
  not_an_event_stream,         ///< The Content-Type of a response is not text/event-stream.
  event_too_large,             ///< A server-sent event exceeds the limit.
  invalid_event,               ///< The caller set a type or id with a line end or a zero byte.
};

/// The error category "bight.http".
const boost::system::error_category& http_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;

}  // namespace bight::http

template <>
struct boost::system::is_error_code_enum<bight::http::errc> : std::true_type {};
