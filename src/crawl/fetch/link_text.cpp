#include "crawl/fetch/link_text.hpp"

#include <algorithm>
#include <cstddef>

#include "crawl/html/char_refs.hpp"
#include "crawl/html/scan.hpp"

namespace bight::crawl {
namespace {

constexpr std::size_t max_scanned = 8 * 1024;  // of the content of an anchor
constexpr std::size_t max_text = 200;

bool begins_with(std::string_view text, std::string_view lower_case) noexcept {
  return text.size() >= lower_case.size() &&
         std::ranges::equal(text.substr(0, lower_case.size()), lower_case, {}, html::to_lower);
}

/// The end of the tag that `text` begins with: after its '>', which may be in a quoted value before.
std::size_t end_of_tag(std::string_view text) noexcept {
  char quote = 0;
  for (std::size_t i = 0; i != text.size(); ++i) {
    const char c = text[i];
    if (quote != 0)
      quote = c == quote ? '\0' : quote;
    else if (c == '>')
      return i + 1;
    else if ((c == '"' || c == '\'') && i != 0 && text[i - 1] == '=')
      quote = c;
  }
  return text.size();
}

/// The raw value of the alt attribute of a tag.
std::string_view alt_of(std::string_view tag) noexcept {
  for (std::size_t i = 1; i + 4 < tag.size(); ++i) {
    if (!html::is_space(tag[i - 1]) || !begins_with(tag.substr(i), "alt=")) continue;
    auto value = tag.substr(i + 4);
    const char quote = value.front();
    if (quote != '"' && quote != '\'') return value.substr(0, value.find_first_of(" \t\r\n>"));
    value.remove_prefix(1);
    return value.substr(0, value.find(quote));
  }
  return {};
}

std::string tidy(std::string_view raw) {
  std::string decoded;
  html::append_decoded(decoded, raw, html::text_place::content);
  std::string result;
  std::string_view rest = decoded;
  while (true) {
    const auto word = html::next_token(rest, html::is_space);
    if (word.empty()) break;
    if (!result.empty()) result += ' ';
    result += word;
  }
  if (result.size() > max_text) {
    std::size_t end = max_text;
    while (end != 0 && (static_cast<unsigned char>(result[end]) & 0xC0U) == 0x80U) --end;
    result.resize(end);
  }
  return result;
}

/// What an anchor shows: its text without tags, and the alt texts of its images.
std::string content_of(std::string_view element) {
  element.remove_prefix(end_of_tag(element));
  element = element.substr(0, max_scanned);
  std::string raw;
  while (!element.empty()) {
    const auto tag = element.find('<');
    raw.append(element.substr(0, tag));
    if (tag == element.npos) break;
    element.remove_prefix(tag);
    if (begins_with(element, "</a") || begins_with(element, "<a ")) break;
    const auto end = end_of_tag(element);
    if (begins_with(element, "<img")) raw.append(1, ' ').append(alt_of(element.substr(0, end)));
    element.remove_prefix(end);
  }
  return raw;
}

}  // namespace

std::uint32_t link_text::line(std::uint64_t offset) {
  if (offset >= document_.size()) return 0;
  if (offset < counted_) {
    counted_ = 0;
    line_ = 1;
  }
  const auto between = document_.substr(counted_, offset - counted_);
  line_ += static_cast<std::uint32_t>(std::count(between.begin(), between.end(), '\n'));
  counted_ = offset;
  return line_;
}

std::string link_text::text(std::uint64_t offset, link_kind kind) const {
  if (offset >= document_.size() || document_[offset] != '<') return {};
  const auto element = document_.substr(offset);
  if (kind == link_kind::anchor) return tidy(content_of(element));
  return tidy(alt_of(element.substr(0, end_of_tag(element.substr(0, max_scanned)))));
}

}  // namespace bight::crawl
