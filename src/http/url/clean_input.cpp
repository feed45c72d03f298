#include "http/url/clean_input.hpp"

#include <algorithm>
#include <bight/core/detail/utf8.hpp>

namespace bight::http::url_detail {
namespace {

bool is_tab_or_newline(char c) noexcept { return c == '\t' || c == '\n' || c == '\r'; }
bool is_c0_control_or_space(char c) noexcept { return static_cast<unsigned char>(c) <= 0x20; }

}  // namespace

std::string_view trim_c0_controls_and_spaces(std::string_view text) noexcept {
  while (!text.empty() && is_c0_control_or_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_c0_control_or_space(text.back())) text.remove_suffix(1);
  return text;
}

clean_input::clean_input(std::string_view text) : text_(text) {
  // Decoding comes first: a newline in the middle of a multi-byte character must not join its halves.
  if (!bight::detail::is_utf8(text_)) {
    copy_ = bight::detail::replace_malformed_utf8(text_);
    text_ = copy_;
  }
  if (std::none_of(text_.begin(), text_.end(), is_tab_or_newline)) return;
  if (copy_.empty()) copy_.assign(text_);
  std::erase_if(copy_, is_tab_or_newline);
  text_ = copy_;
}

}  // namespace bight::http::url_detail
