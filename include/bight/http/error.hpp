// Error codes of bight::http.
#pragma once
#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/is_error_code_enum.hpp>
#include <type_traits>

namespace bight::http {

/// What can go wrong in bight::http beyond the errors of bight::net. Thrown as boost::system::system_error.
/// truncated, server_closed and temporary_status are bight::transient: `retry` tries again.
enum class errc {
  invalid_url = 1,       ///< The text is not a valid URL (WHATWG URL, "failure").
  unsupported_scheme,    ///< The URL is valid, but its scheme is neither http nor https.
  malformed_start_line,  ///< The request or status line breaks RFC 9112 3 or 4.
  malformed_header,      ///< A field line breaks RFC 9112 5.
  malformed_chunk,       ///< Chunked framing breaks RFC 9112 7.1.
  bad_framing,  ///< Content-Length and Transfer-Encoding contradict each other or themselves (RFC 9112 6.3).
  unsupported_transfer_coding,  ///< A transfer coding other than chunked (RFC 9112 7).
  bad_host,              ///< Host is missing, repeated or invalid in an HTTP/1.1 request (RFC 9112 3.2).
  unsupported_version,   ///< The major HTTP version is not 1.
  head_too_large,        ///< The start line and fields together exceed the limit.
  target_too_long,       ///< The request target exceeds the limit.
  too_many_headers,      ///< More field lines than the limit.
  body_too_large,        ///< The body, as sent or as decoded, exceeds the limit.
  truncated,             ///< The connection ended in the middle of a message.
  bad_content_encoding,  ///< The body does not decode as its Content-Encoding says.
  decompression_bomb,    ///< The decoded body grew past the allowed ratio to what was sent.
  too_many_redirects,    ///< The redirect limit was reached, or a redirect loop was found.
  invalid_header,        ///< A header that the caller set is not a valid name or value (RFC 9110 5.5).
  body_not_replayable,   ///< A redirect or retry needs the request body again and it cannot be sent twice.
  unexpected_status,     ///< raise_for_status() on a 4xx or 5xx response, those of temporary_status apart.
  server_closed,         ///< The peer closed the connection before a response.
  unsupported_content_coding,  ///< A content coding that is not known, or more of them than the limit (RFC
                               ///< 9110 8.4).
  temporary_status,  ///< raise_for_status() on 408, 425, 429, 500, 502, 503 or 504: bight::transient.
};

/// The category "bight.http".
const boost::system::error_category& http_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;

}  // namespace bight::http

template <>
struct boost::system::is_error_code_enum<bight::http::errc> : std::true_type {};
