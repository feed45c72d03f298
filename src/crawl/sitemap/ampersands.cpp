#include "crawl/sitemap/ampersands.hpp"

#include <algorithm>

#include "crawl/html/scan.hpp"

namespace bight::crawl::sitemap {
namespace {

constexpr std::string_view cdata = "<![CDATA[";
constexpr std::size_t longest = 12;  // "&#x10FFFF"

bool is_reference(std::string_view text) noexcept {
  for (const auto* const known : {"&amp", "&lt", "&gt", "&quot", "&apos"})
    if (text == known) return true;
  const bool hex = text.starts_with("&#x");
  const auto digits = text.substr(std::min<std::size_t>(hex ? 3 : 2, text.size()));
  const auto fits = [&](char c) { return hex ? html::hex_value(c) >= 0 : html::is_digit(c); };
  return text.starts_with("&#") && !digits.empty() && std::ranges::all_of(digits, fits);
}

}  // namespace

void ampersands::end_reference(char next, std::string& out) {
  if (reference_.empty()) return;
  const bool good = next == ';' && is_reference(reference_);
  out.append(good ? "&" : "&amp;").append(reference_, 1);
  reference_.clear();
}

// Where CDATA begins and ends.
void ampersands::follow(char c) noexcept {
  if (marker_ != cdata.size()) {
    marker_ = c == cdata[marker_] ? marker_ + 1 : c == cdata[0] ? 1 : 0;
    brackets_ = 0;
    return;
  }
  if (c == '>' && brackets_ >= 2) marker_ = 0;
  brackets_ = c == ']' ? brackets_ + 1 : 0;
}

void ampersands::feed(std::string_view piece, std::string& out) {
  for (const char c : piece) {
    const bool goes_on = html::is_alpha(c) || html::is_digit(c) || (c == '#' && reference_.size() == 1);
    if (!reference_.empty() && goes_on && reference_.size() != longest) {
      reference_ += c;
      continue;
    }
    end_reference(c, out);
    follow(c);
    if (c == '&' && marker_ != cdata.size())
      reference_ = c;
    else
      out += c;
  }
}

}  // namespace bight::crawl::sitemap
