// The body of a page as UTF-8, while it arrives.
#pragma once
#include <bight/http/charset.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bight::crawl::charsets {

/// What told the charset of a page.
enum class charset_source : std::uint8_t {
  unknown,   ///< Nothing yet, or there was nothing but ASCII.
  bom,       ///< A byte order mark.
  header,    ///< The charset of Content-Type.
  meta,      ///< A meta element or XML declaration in the first 1,024 bytes.
  detected,  ///< The bytes themselves: UTF-8 if they are valid, else what uchardet says, else windows-1252.
};

/// Finds the charset of a page and decodes it: byte order mark, header, declaration, detection, in this
/// order.
///
///     page_text text{"text/html"};
///     extractor.feed(text.feed(piece), sink);
///     extractor.feed(text.finish(), sink);
///
/// UTF-8 and ASCII are passed on as they are: views of the pieces, malformed bytes included. At most
/// sample_bytes are held back: the first 1,024 bytes when the header has no charset, and, if nothing declares
/// one, what follows the first byte that is not ASCII. Complexity: linear; one look at the first three bytes
/// if the header says UTF-8.
class page_text {
 public:
  static constexpr std::size_t sample_bytes = 16 * 1024;  ///< Maximum number of bytes that detection sees.

  /// `content_type`: the value of Content-Type; may be empty.
  explicit page_text(std::string_view content_type);

  /// The text that `piece` adds. Lifetime: until the next call, and as long as `piece`.
  std::string_view feed(std::string_view piece);
  /// The rest of the text. Lifetime: until the next call.
  std::string_view finish();

  /// The label of the charset in lower case, for example "utf-8" or "gb2312"; empty while source() is
  /// unknown.
  const std::string& charset() const noexcept { return charset_; }
  charset_source source() const noexcept { return source_; }
  /// Whether the text is passed on as it is.
  bool is_utf8() const noexcept { return !decoder_; }

 private:
  enum class state : std::uint8_t { head, ascii, sample, decided };

  void decide(std::string_view label, charset_source source);
  void decide_by_head(std::string_view head, bool whole);
  void detect();
  std::string_view pass(std::string_view bytes);
  std::string_view release();
  std::string_view end_ascii(std::string_view piece);

  state state_ = state::head;
  charset_source source_ = charset_source::unknown;
  std::string header_;  // the charset of Content-Type, if it is a known one
  std::string charset_;
  std::optional<http::text_decoder> decoder_;
  std::string held_;  // not passed on yet
  std::string out_;
};

}  // namespace bight::crawl::charsets
