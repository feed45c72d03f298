// Links and directives in HTTP fields and meta elements.
#include <bight/crawl/links.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <utility>
#include "crawl/html/rel.hpp"
#include "crawl/html/scan.hpp"
#include "crawl/product_token.hpp"

namespace bight::crawl {
namespace {

using html::is_digit;
using html::is_space;

/// A position in a field value.
class cursor {
 public:
  explicit cursor(std::string_view text) noexcept : text_(text) {}
  bool done() const noexcept { return at_ == text_.size(); }
  char peek() const noexcept { return done() ? '\0' : text_[at_]; }
  std::size_t at() const noexcept { return at_; }
  std::string_view rest() const noexcept { return text_.substr(at_); }
  void skip() noexcept { ++at_; }
  bool accept(char c) noexcept {
    if (peek() != c || done()) return false;
    skip();
    return true;
  }
  /// Is the next byte `lower`, in any case? Then it is taken.
  bool accept_letter(char lower) noexcept {
    if (done() || html::to_lower(peek()) != lower) return false;
    skip();
    return true;
  }
  template <typename Predicate>
  std::string_view take_while(Predicate predicate) noexcept {
    const std::size_t begin = at_;
    while (!done() && predicate(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  void skip_space() noexcept { take_while(is_space); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

/// Reads a quoted-string after its opening quote (RFC 9110 5.6.4).
std::string read_quoted(cursor& in) {
  std::string value;
  while (!in.done()) {
    if (in.accept('"')) break;
    if (in.accept('\\') && in.done()) break;
    value.push_back(in.peek());
    in.skip();
  }
  return value;
}

struct link_params {
  std::string rel;
  bool has_rel = false;
  bool has_anchor = false;
};

/// RFC 8288 B.3, "parse parameters": of repeated rel parameters the first counts.
link_params read_link_params(cursor& in) {
  link_params params;
  const auto in_name = [](char c) { return !is_space(c) && c != '=' && c != ';' && c != ','; };
  while (!in.done()) {
    in.skip_space();
    if (!in.accept(';')) break;
    in.skip_space();
    const auto name = in.take_while(in_name);
    in.skip_space();
    std::string value;
    if (in.accept('=')) {
      in.skip_space();
      value = in.accept('"') ? read_quoted(in)
                             : std::string(in.take_while([](char c) { return c != ';' && c != ','; }));
    }
    if (html::equals_lower(name, "anchor")) params.has_anchor = true;
    if (!html::equals_lower(name, "rel") || params.has_rel) continue;
    params.rel = std::move(value);
    params.has_rel = true;
  }
  return params;
}

void read_directive(std::string_view token, robots_directives& directives) noexcept {
  const bool all = html::equals_lower(token, "none");
  if (all || html::equals_lower(token, "noindex")) directives.noindex = true;
  if (all || html::equals_lower(token, "nofollow")) directives.nofollow = true;
  if (html::equals_lower(token, "noarchive") || html::equals_lower(token, "nocache"))
    directives.noarchive = true;
}

/// Directives that have a value after a colon, and so look like the name of a robot.
bool has_value(std::string_view name) noexcept {
  static constexpr auto names = std::to_array<std::string_view>(
      {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"});
  return std::ranges::any_of(names, [&](std::string_view known) { return html::equals_lower(name, known); });
}

}  // namespace

void parse_link_header(std::string_view value, link_sink on_link) {
  cursor in(value);
  while (!in.done()) {
    in.take_while([](char c) { return is_space(c) || c == ','; });
    const std::size_t offset = in.at();
    std::string_view url;
    bool good = in.accept('<');
    if (good) {
      url = in.take_while([](char c) { return c != '>'; });
      good = in.accept('>');
    }
    const auto params = read_link_params(in);
    if (!in.done() && in.peek() != ',') good = false;
    while (!in.done() && in.peek() != ',') {  // what does not parse, up to the next link
      if (in.accept('"')) {
        read_quoted(in);
      } else {
        in.skip();
      }
    }
    if (!good || !params.has_rel || params.has_anchor) continue;
    const auto meaning = html::read_rel(params.rel);
    url = html::trim_url(url);
    if (meaning.kind && !url.empty()) on_link({*meaning.kind, meaning.nofollow, offset, url});
  }
}

std::optional<refresh_target> parse_refresh(std::string_view value) {
  cursor in(value);
  in.skip_space();
  const auto digits = in.take_while(is_digit);
  if (digits.empty() && in.peek() != '.') return std::nullopt;
  refresh_target target;
  for (const char digit : digits) {
    constexpr auto most = std::numeric_limits<std::uint32_t>::max();
    const auto seconds = std::uint64_t{target.seconds} * 10 + static_cast<std::uint64_t>(digit - '0');
    target.seconds = static_cast<std::uint32_t>(std::min<std::uint64_t>(seconds, most));
  }
  in.take_while([](char c) { return is_digit(c) || c == '.'; });
  if (in.done()) return target;
  if (in.peek() != ';' && in.peek() != ',' && !is_space(in.peek())) return std::nullopt;
  in.skip_space();
  if (in.peek() == ';' || in.peek() == ',') in.skip();
  in.skip_space();

  std::string_view url = in.rest();
  bool quotes = true;
  if (in.accept_letter('u')) {
    quotes = in.accept_letter('r') && in.accept_letter('l');
    in.skip_space();
    quotes = quotes && in.accept('=');
    in.skip_space();
    if (quotes) url = in.rest();
  }
  if (quotes && (url.starts_with('"') || url.starts_with('\''))) {
    const char quote = url.front();
    url.remove_prefix(1);
    url = url.substr(0, url.find(quote));
  }
  target.url = html::trim_url(url);
  return target;
}

void parse_robots_meta(std::string_view content, robots_directives& directives) noexcept {
  while (true) {
    const auto token = html::next_token(content, [](char c) { return is_space(c) || c == ','; });
    if (token.empty()) return;
    read_directive(token, directives);
  }
}

void parse_x_robots_tag(std::string_view value, std::string_view product,
                        robots_directives& directives) noexcept {
  bool applies = true;
  while (!value.empty()) {
    const auto comma = std::min(value.find(','), value.size());
    auto item = html::trim_space(value.substr(0, comma));
    value.remove_prefix(std::min(comma + 1, value.size()));
    const auto colon = item.find(':');
    if (colon != std::string_view::npos) {
      const auto name = html::trim_space(item.substr(0, colon));
      if (has_value(name)) continue;
      if (product_token(name).size() == name.size()) {
        applies = same_product(name, product_token(product));
        item = html::trim_space(item.substr(colon + 1));
      }
    }
    if (applies) read_directive(item, directives);
  }
}

}  // namespace bight::crawl
