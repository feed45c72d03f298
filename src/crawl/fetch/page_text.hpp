// The text of a document as link extraction reads it.
#pragma once
#include <string>
#include <string_view>

#include "crawl/fetch/url_text.hpp"

namespace bight::crawl {

/// Passes a body through as it is: every encoding that is compatible with ASCII will do for links.
class page_text {
 public:
  /// Begins a document with this Content-Type.
  void begin(std::string_view /*content_type*/) {}
  /// The text of the next bytes. Lifetime: until the next call, and that of `bytes`.
  std::string_view feed(std::string_view bytes) { return bytes; }
  /// The text of bytes that were held back.
  std::string_view finish() { return {}; }
  /// Whether the text is the body, byte by byte.
  bool same_as_body() const noexcept { return true; }
  /// A reference in the document for the URL parser. Lifetime: until the next call, and that of `text`.
  std::string_view reference(std::string_view text) { return keep_bytes(text, buffer_); }

 private:
  std::string buffer_;
};

}  // namespace bight::crawl
