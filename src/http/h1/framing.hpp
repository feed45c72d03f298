// What Connection, Content-Length and Transfer-Encoding of a head say, for both parsers.
#pragma once
#include <bight/http/headers.hpp>

namespace bight::http::h1 {

/// The tokens of Connection that matter (RFC 9110 7.6.1).
struct connection_options {
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
};

/// Reads all Connection lines.
connection_options read_connection(headers_view fields) noexcept;

}  // namespace bight::http::h1
