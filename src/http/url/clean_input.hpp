// What the URL parser does to its input before it looks at it.
#pragma once
#include <string>
#include <string_view>

namespace bight::http::url_detail {

/// `text` without C0 controls and spaces at both ends.
[[nodiscard]] std::string_view trim_c0_controls_and_spaces(std::string_view text) noexcept;

/// An input as UTF-8 without tabs and newlines: a view of the original where nothing had to change.
class clean_input {
 public:
  explicit clean_input(std::string_view text);
  clean_input(const clean_input&) = delete;
  clean_input& operator=(const clean_input&) = delete;

  [[nodiscard]] std::string_view text() const noexcept { return text_; }

 private:
  std::string copy_;
  std::string_view text_;
};

}  // namespace bight::http::url_detail
