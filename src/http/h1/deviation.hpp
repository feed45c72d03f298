// What a lenient parser forgave.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bight::http::h1 {

/// One way in which a response breaks RFC 9112 and is read all the same, as browsers do.
enum class deviation : std::uint8_t {
  leading_blank_line,         ///< Empty lines before the status line.
  bare_lf,                    ///< A line ended by LF alone (RFC 9112 2.2).
  extra_cr,                   ///< A line ended by more than one CR before the LF.
  bare_cr,                    ///< A CR inside a line; read as a space.
  control_character,          ///< A control character in a reason phrase or value; kept.
  no_version,                 ///< "HTTP 200" or "ICY 200"; read as HTTP/1.0.
  lowercase_version,          ///< "http/1.1".
  extra_space_in_start_line,  ///< More than one space before the status code.
  missing_reason,             ///< No space after the status code.
  unassigned_status,          ///< A status code above 599.
  space_before_colon,         ///< White space between a name and its colon (RFC 9112 5.1); dropped.
  obs_fold,                   ///< A value that goes on in the next line (RFC 9112 5.2); joined by spaces.
  no_colon,                   ///< A field line without colon; passed over.
  invalid_name,               ///< A field name that is empty or no token; the line is passed over.
  te_and_cl,       ///< Transfer-Encoding and Content-Length; the former wins, the connection is not reused.
  te_in_http_1_0,  ///< Transfer-Encoding in HTTP/1.0; obeyed, the connection is not reused.
  identity_transfer_coding,  ///< "Transfer-Encoding: identity"; passed over.
  repeated_chunked,          ///< "chunked" more than once; read as one layer, the connection is not reused.
  duplicate_content_length,  ///< Several Content-Length lines with one value.
  content_length_list,       ///< "Content-Length: 5, 5".
  invalid_content_length,    ///< Content-Length is not a number; the body runs to the end of the connection.
  chunk_size_padding,        ///< White space around a chunk size.
  missing_last_line,         ///< The connection ended after the last chunk, before the end of the trailers.
};

inline constexpr std::size_t deviation_count = static_cast<std::size_t>(deviation::missing_last_line) + 1;

/// The name of a deviation, as "bare_lf".
std::string_view to_string(deviation which) noexcept;

/// The deviations of one message: a bit set, and where each was seen first.
class deviations {
 public:
  bool any() const noexcept { return bits_ != 0; }
  bool has(deviation which) const noexcept { return (bits_ & bit(which)) != 0; }
  /// Bit n stands for the deviation with value n.
  std::uint32_t bits() const noexcept { return bits_; }
  /// The byte of the message, counted from its first one, where it was first seen. Precondition: has(which).
  std::uint64_t offset(deviation which) const noexcept { return first_[static_cast<std::size_t>(which)]; }

  void add(deviation which, std::uint64_t offset) noexcept {
    if (has(which)) return;
    bits_ |= bit(which);
    first_[static_cast<std::size_t>(which)] = offset;
  }
  void clear() noexcept { bits_ = 0; }

 private:
  static constexpr std::uint32_t bit(deviation which) noexcept { return 1U << static_cast<unsigned>(which); }
  std::uint32_t bits_ = 0;
  std::array<std::uint64_t, deviation_count> first_{};
};

}  // namespace bight::http::h1
