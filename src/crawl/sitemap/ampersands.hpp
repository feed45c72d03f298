// Ampersands in XML that somebody forgot to escape: "<loc>http://h/?a=1&b=2</loc>".
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace bight::crawl::sitemap {

/// Passes a document on, with "&amp;" for each '&' that begins none of the references that XML has by itself.
class ampersands {
 public:
  /// Appends the next bytes to `out`.
  void feed(std::string_view piece, std::string& out);
  /// Appends what has been held back.
  void finish(std::string& out) { end_reference('\0', out); }

 private:
  void end_reference(char next, std::string& out);
  void follow(char c) noexcept;

  std::string reference_;     // from an '&' on, while it may be one
  std::size_t marker_ = 0;    // bytes of "<![CDATA[" so far; all of them inside of it
  std::size_t brackets_ = 0;  // at the end of what is in it
};

}  // namespace bight::crawl::sitemap
