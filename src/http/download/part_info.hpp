// What is known about the bytes in a partial file: which URL they are of, and by what the server tells
// whether it still has the same file.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/url.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bight::http::detail {

class part_info {
 public:
  std::string url;                    ///< As requested, without credentials and fragment.
  std::string validator;              ///< For If-Range; empty: it cannot be continued.
  std::optional<std::uint64_t> size;  ///< Of the whole file.

  static std::string url_text(const http::url& where);
  /// The validator of a response: a strong ETag, or a Last-Modified that is at least a second older than its
  /// Date (RFC 9110 8.8.2.2).
  static std::string validator_of(headers_view fields);

  bool resumable() const noexcept { return !validator.empty(); }
  std::string to_text() const;
  /// nullopt if it is not such a text, or names no validator.
  static std::optional<part_info> parse(std::string_view text);
};

/// Content-Range: bytes FIRST-LAST/SIZE, or bytes */SIZE (RFC 9110 14.4).
class content_range {
 public:
  bool satisfied = false;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::optional<std::uint64_t> size;

  static std::optional<content_range> parse(std::string_view value);
};

}  // namespace bight::http::detail
