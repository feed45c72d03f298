// charset: texts in the encodings of the WHATWG Encoding standard.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace bight::http {

/// The encoding that a label means, in any case and with spaces around it: "latin1" is "windows-1252", as in
/// browsers. The name is that of its converter in ICU. Returns: "UTF-8" for UTF-8; "replacement" for
/// encodings that are unsafe to decode; empty for an unknown label.
std::string_view charset_of(std::string_view label) noexcept;

/// Decodes a text into UTF-8 as it arrives. Malformed sequences become U+FFFD; a byte order mark is kept.
///
///     http::text_decoder decoder{"gb2312"};
///     decoder.decode(piece, text);
///     decoder.finish(text);
///
/// Complexity: linear. Concurrency: distinct objects: safe.
class text_decoder {
 public:
  /// An unknown label means UTF-8.
  explicit text_decoder(std::string_view label);
  text_decoder(text_decoder&&) noexcept;
  text_decoder& operator=(text_decoder&&) noexcept;
  ~text_decoder();

  /// Appends what `bytes` add to the text. The sizes of the pieces do not matter.
  void decode(std::string_view bytes, std::string& out);
  /// Appends U+FFFD if the text ends in the middle of a character. Afterwards a new text may begin.
  void finish(std::string& out);

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

/// Prepares a URL reference in UTF-8 for resolving it against a page in another encoding (WHATWG URL: "with
/// an encoding"): the query is percent-encoded in the encoding of the page, the rest is as it was.
/// Characters that the encoding does not have become `%26%23NUMBER%3B`, as in forms. The encodings UTF-8,
/// UTF-16 and replacement, unknown labels and references whose query is ASCII change nothing.
std::string encode_query(std::string_view reference, std::string_view label);

}  // namespace bight::http
