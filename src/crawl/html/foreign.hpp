// Whether the tokenizer is inside SVG or MathML, judged from tags alone.
#pragma once
#include <array>
#include <cstddef>
#include "crawl/html/names.hpp"

namespace bight::crawl::html {

/// Follows what the tree builder's rules for foreign content (13.2.6.5) make of svg and math, their HTML
/// integration points, and the HTML tags that end them. The tokenizer needs it because title, style and
/// script do not switch it to text there, and CDATA sections exist only there.
class foreign_content {
 public:
  /// Is there an svg or math element around at all?
  bool active() const noexcept { return depth_ != 0; }
  /// Do foreign rules apply here, that is, not inside an integration point?
  bool foreign() const noexcept { return depth_ != 0 && (top() == tag::svg || top() == tag::math); }

  /// Takes a start tag; returns whether its element is foreign itself.
  bool start(tag name, bool self_closing) noexcept {
    if (ends_foreign(name)) leave_foreign();
    const bool root = name == tag::svg || name == tag::math;
    const bool element_is_foreign = root || foreign();
    if ((root || is_integration_point(name)) && !self_closing && depth_ != stack_.size())
      stack_[depth_++] = name;
    return element_is_foreign;
  }
  /// Takes an end tag.
  void end(tag name) noexcept {
    if (name == tag::breakout_p) return leave_foreign();
    for (std::size_t i = depth_; i != 0; --i) {
      const tag open = stack_[i - 1];
      if (open == name) depth_ = i - 1;
      if (open == name || (open != tag::svg && open != tag::math)) return;
    }
  }
  void reset() noexcept { depth_ = 0; }

 private:
  tag top() const noexcept { return stack_[depth_ - 1]; }
  bool is_integration_point(tag name) const noexcept {
    if (!foreign()) return false;
    if (top() == tag::math) return name == tag::mathml_text;
    return name == tag::foreignobject || name == tag::desc || name == tag::title;
  }
  static bool ends_foreign(tag name) noexcept {
    switch (name) {
      case tag::breakout:
      case tag::breakout_p:
      case tag::blockquote:
      case tag::body:
      case tag::embed:
      case tag::img:
      case tag::meta:
      case tag::table:
        return true;
      default:
        return false;
    }
  }
  void leave_foreign() noexcept {
    while (foreign()) --depth_;
  }

  std::array<tag, 64> stack_{};  // svg, math and integration points; deeper ones are not followed
  std::size_t depth_ = 0;
};

}  // namespace bight::crawl::html
