#include "crawl/text/prescan.hpp"

#include <algorithm>
#include <bight/http/charset.hpp>
#include <cstddef>
#include <optional>
#include <vector>

#include "crawl/html/scan.hpp"

namespace bight::crawl::charsets {
namespace {

using html::is_space;

struct attribute {
  std::string name;
  std::string value;
};

// A position in the head, which reads attributes as the standard's "get an attribute" does.
class scanner {
 public:
  explicit scanner(std::string_view head) noexcept : in_(head) {}
  bool done() const noexcept { return at_ >= in_.size(); }
  std::string_view rest() const noexcept { return in_.substr(std::min(at_, in_.size())); }
  void skip(std::size_t n) noexcept { at_ = std::min(at_ + n, in_.size()); }
  void skip_to(std::string_view end) noexcept {
    const auto found = in_.find(end, at_);
    at_ = found == in_.npos ? in_.size() : found + end.size();
  }
  bool begins(std::string_view lower) const noexcept { return html::starts_with_lower(rest(), lower); }
  char peek() const noexcept { return done() ? '\0' : in_[at_]; }
  std::optional<attribute> next_attribute();

 private:
  std::string take_value();

  std::string_view in_;
  std::size_t at_ = 0;
};

std::optional<attribute> scanner::next_attribute() {
  while (!done() && (is_space(peek()) || peek() == '/')) skip(1);
  if (done() || peek() == '>') return std::nullopt;
  attribute found;
  while (!done() && !is_space(peek()) && peek() != '/' && peek() != '>' &&
         (peek() != '=' || found.name.empty())) {
    found.name.push_back(html::to_lower(peek()));
    skip(1);
  }
  while (!done() && is_space(peek())) skip(1);
  if (peek() != '=') return found;
  skip(1);
  while (!done() && is_space(peek())) skip(1);
  found.value = take_value();
  return found;
}

std::string scanner::take_value() {
  std::string value;
  const char quote = peek();
  if (quote == '"' || quote == '\'') {
    skip(1);
    for (; !done() && peek() != quote; skip(1)) value.push_back(html::to_lower(peek()));
    skip(1);
    return value;
  }
  for (; !done() && !is_space(peek()) && peek() != '>'; skip(1)) value.push_back(html::to_lower(peek()));
  return value;
}

// "Extract a character encoding from a meta element", HTML standard 2.5.
std::string charset_of_content(std::string_view content) {
  while (true) {
    const auto at = content.find("charset");
    if (at == content.npos) return {};
    content.remove_prefix(at + 7);
    auto value = content;
    value.remove_prefix(std::min(value.find_first_not_of(" \t\n\f\r"), value.size()));
    if (!value.starts_with('=')) continue;
    value.remove_prefix(1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t\n\f\r"), value.size()));
    if (value.empty()) return {};
    if (value.front() == '"' || value.front() == '\'') {
      const auto end = value.find(value.front(), 1);
      return end == value.npos ? std::string{} : std::string{value.substr(1, end - 1)};
    }
    return std::string{value.substr(0, value.find_first_of(" \t\n\f\r;"))};
  }
}

// The charset of a meta element whose name has been read; empty if it has none that is known.
std::string charset_of_meta(scanner& in) {
  bool pragma = false;
  bool needs_pragma = false;
  std::string charset;
  std::vector<std::string> seen;
  while (auto found = in.next_attribute()) {
    if (std::ranges::find(seen, found->name) != seen.end()) continue;
    seen.push_back(found->name);
    if (found->name == "http-equiv") pragma = found->value == "content-type";
    if (found->name == "charset") {
      charset = found->value;
      needs_pragma = false;
    } else if (found->name == "content" && charset.empty()) {
      charset = charset_of_content(found->value);
      needs_pragma = !charset.empty();
    }
  }
  return (needs_pragma && !pragma) || http::charset_of(charset).empty() ? std::string{} : charset;
}

// "xml encoding": <?xml version="1.0" encoding="..."?>, also behind white space, where it should not be.
std::string charset_of_declaration(std::string_view head) {
  head = html::trim_space(head);
  if (!head.starts_with("<?xml")) return {};
  head = head.substr(0, head.find('>'));
  const auto at = head.find("encoding");
  if (at == head.npos) return {};
  auto value = head.substr(at + 8);
  const auto skip = [&] { value.remove_prefix(std::min(value.find_first_not_of(" \t\n\r"), value.size())); };
  skip();
  if (!value.starts_with('=')) return {};
  value.remove_prefix(1);
  skip();
  if (!value.starts_with('"') && !value.starts_with('\'')) return {};
  const auto end = value.find(value.front(), 1);
  if (end == value.npos) return {};
  std::string label{value.substr(1, end - 1)};
  return http::charset_of(label).empty() ? std::string{} : label;
}

}  // namespace

std::string prescan(std::string_view head) {
  std::string label;
  scanner in(head);
  while (label.empty() && !in.done()) {
    const auto next = in.rest().find('<');
    if (next == std::string_view::npos) break;
    in.skip(next);
    if (in.begins("<!--")) {
      in.skip(2);  // "<!-->" is a whole comment
      in.skip_to("-->");
    } else if (in.begins("<meta") && in.rest().size() > 5 &&
               (is_space(in.rest()[5]) || in.rest()[5] == '/')) {
      in.skip(5);
      label = charset_of_meta(in);
    } else {
      const auto rest = in.rest();
      const std::size_t name = rest.starts_with("</") ? 2 : 1;
      if (rest.size() > name && html::is_alpha(rest[name])) {
        while (!in.done() && !is_space(in.peek()) && in.peek() != '>') in.skip(1);
        while (in.next_attribute()) {}
      } else if (rest.size() > 1 && (rest[1] == '!' || rest[1] == '/' || rest[1] == '?')) {
        in.skip_to(">");
      } else {
        in.skip(1);
      }
    }
  }
  if (label.empty()) label = charset_of_declaration(head);
  if (http::charset_of(label).starts_with("UTF-16")) label = "utf-8";
  return label;
}

}  // namespace bight::crawl::charsets
