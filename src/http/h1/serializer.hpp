// Renders heads and chunk framing. Everything is validated: nothing that a caller set can split a message.
#pragma once
#include <bight/http/headers.hpp>
#include <bight/http/method.hpp>
#include <bight/http/status.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/h1/types.hpp"

namespace bight::http::h1 {

/// Appends "GET /path HTTP/1.1" CRLF. Errors: errc::malformed_start_line if the target is empty or has a
/// character other than visible ASCII; `out` is unchanged then.
boost::system::error_code append_request_line(std::string& out, const method& method,
                                              std::string_view target);
/// Appends "HTTP/1.1 200 OK" CRLF. An empty `reason` stands for the registered phrase.
/// Errors: errc::malformed_start_line if the reason has a control character or the code has not three digits.
boost::system::error_code append_status_line(std::string& out, status status, std::string_view reason = {},
                                             version version = version::http_1_1);
/// Appends one field line. Errors: errc::invalid_header; `out` is unchanged then.
boost::system::error_code append_field(std::string& out, std::string_view name, std::string_view value);
/// Appends "Name: number" CRLF. Precondition: name is a token.
void append_field(std::string& out, std::string_view name, std::uint64_t value);
/// Appends all field lines, in order. Errors: errc::invalid_header (a table that a lenient parser filled may
/// have values that may not be sent); `out` is unchanged then.
boost::system::error_code append_fields(std::string& out, headers_view fields);
/// Appends the empty line that ends a head or the trailers.
inline void append_end_of_head(std::string& out) { out.append("\r\n", 2); }

/// A whole request head: line, fields, empty line.
boost::system::error_code append_request_head(std::string& out, const method& method, std::string_view target,
                                              headers_view fields);
/// A whole response head: line, fields, empty line.
boost::system::error_code append_response_head(std::string& out, status status, std::string_view reason,
                                               headers_view fields, version version = version::http_1_1);

enum class connection_field : std::uint8_t { none, close, keep_alive };

/// What a server adds to the fields of a response.
struct added_fields {
  std::optional<std::uint64_t> length;
  bool chunked = false;
  std::string_view date;    ///< None if empty.
  std::string_view server;  ///< None if empty. Precondition: a field value.
  connection_field connection = connection_field::none;
};
/// A whole head of HTTP/1.1. Errors: as append_status_line and append_fields; `out` is unchanged then.
boost::system::error_code append_response_head(std::string& out, status status, headers_view fields,
                                               const added_fields& added);

/// How much head-room write_chunk_head() needs before the data.
inline constexpr std::size_t chunk_head_room = 18;
/// What follows the data of a chunk.
inline constexpr std::string_view chunk_tail = "\r\n";
/// The last chunk, to be followed by trailers and an empty line.
inline constexpr std::string_view last_chunk = "0\r\n";
/// The last chunk and an empty trailer section.
inline constexpr std::string_view end_of_chunks = "0\r\n\r\n";

/// Writes the size line of a chunk right before its data, which lie at `data`; a chunk of size 0 would end
/// the body. Returns: the number of bytes written. Preconditions: chunk_head_room bytes before `data` may be
/// written; size > 0.
std::size_t write_chunk_head(char* data, std::uint64_t size) noexcept;

}  // namespace bight::http::h1
