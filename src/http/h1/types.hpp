// What the parts of the HTTP/1.1 codec say to each other and to the drivers.
#pragma once
#include <bight/http/error.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "http/h1/deviation.hpp"

namespace bight::http::h1 {

/// Strict: every rule of RFC 9112 or an error, for servers. Lenient: what browsers accept, each deviation
/// reported.
enum class profile : std::uint8_t { strict, lenient };

enum class version : std::uint8_t { http_1_0, http_1_1 };

/// How the end of a body is found (RFC 9112 6.3).
enum class framing : std::uint8_t { none, length, chunked, until_close };

/// No limit, for the 64-bit limits.
inline constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

/// The limits of one message. The defaults are those of a server; client_limits has those of a client.
struct limits {
  std::uint32_t head = 16 * 1024;   ///< Bytes of start line and fields, with their line ends.
  std::uint32_t fields = 100;       ///< Field lines in the head.
  std::uint32_t target = 8 * 1024;  ///< Bytes of the request target.
  std::uint32_t chunk_line = 256;   ///< Bytes of a chunk-size line with its extensions and line end.
  std::uint32_t chunk_overhead =
      16 * 1024;                          ///< Bytes of chunk framing beyond 16 per chunk plus twice its data.
  std::uint32_t trailer = 8 * 1024;       ///< Bytes of the trailer section.
  std::uint32_t trailer_fields = 32;      ///< Field lines in the trailer section.
  std::uint32_t interim = 16;             ///< 1xx responses before the final one.
  std::uint64_t body = 16 * 1024 * 1024;  ///< Bytes of body as sent, without chunk framing.
};

inline constexpr limits server_limits{};
inline constexpr limits client_limits{
    .head = 64 * 1024, .fields = 256, .chunk_line = 4096, .body = unlimited};

/// What a parser found.
enum class event : std::uint8_t {
  need_more,  ///< Nothing more in this input.
  head,       ///< The head is complete: ask the parser for it.
  interim,    ///< A 1xx response is complete; the final one follows.
  body,       ///< A piece of the body.
  end,        ///< The message is complete.
  error,      ///< The message is malformed or too large: error() says how. The parser stays in this state.
};

/// One step of a parser.
struct step {
  event what = event::need_more;
  std::size_t consumed = 0;  ///< How many bytes of the input are done with; the rest must be given again.
  std::string_view body;     ///< The piece of the body: a view into the input.
};

/// Why a message was refused.
struct parse_error {
  errc code{};
  std::uint64_t offset = 0;  ///< The byte of the message, counted from its first one.
  const char* rule = "";     ///< The rule that is broken, with its RFC section, or the name of the limit.
  std::uint64_t limit = 0;   ///< The limit that was exceeded; 0 if it was not a limit.
};

/// Where the parts of a parser report. Positions count from the start of the input at hand.
struct diagnostics {
  deviations found;
  parse_error error;
  std::uint64_t origin = 0;  ///< The offset in the message of the start of the input at hand.

  void note(deviation which, std::size_t position) noexcept { found.add(which, origin + position); }
  void fail(errc code, std::size_t position, const char* rule, std::uint64_t limit = 0) noexcept {
    error = {code, origin + position, rule, limit};
  }
};

}  // namespace bight::http::h1
