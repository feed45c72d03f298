// The text of a document as link extraction reads it.
#pragma once
#include <bight/http/charset.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "crawl/fetch/url_text.hpp"
#include "crawl/text/page_text.hpp"

namespace bight::crawl {

/// The body as UTF-8, and references as its URL parser reads them.
class page_text {
 public:
  /// Begins a document with this Content-Type.
  void begin(std::string_view content_type) { text_.emplace(content_type); }
  /// The text of the next bytes. Lifetime: until the next call, and that of `bytes`.
  std::string_view feed(std::string_view bytes) { return text_->feed(bytes); }
  /// The text of bytes that were held back. Lifetime: until the next call.
  std::string_view finish() { return text_->finish(); }
  /// Whether the text is the body, byte by byte.
  bool same_as_body() const noexcept {
    return text_->is_utf8() && text_->source() != charsets::charset_source::bom;
  }
  /// The label of the charset; empty if there is nothing but ASCII.
  const std::string& charset() const noexcept { return text_->charset(); }
  /// A reference in the document for the URL parser: its query is in the charset of the document, the rest is
  /// UTF-8, and bytes that are not are kept. Lifetime: until the next call, and that of `reference`.
  std::string_view reference(std::string_view reference) {
    if (text_->is_utf8()) return keep_bytes(reference, buffer_);
    buffer_ = http::encode_query(reference, text_->charset());
    return buffer_;
  }

 private:
  std::optional<charsets::page_text> text_;
  std::string buffer_;
};

}  // namespace bight::crawl
