// Any bytes are a robots.txt. A pattern matches exactly what trying every way to match it finds.
#include <bight/crawl/robots.hpp>

#include "crawl/robots_path.hpp"
#include "fuzz/require.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace crawl = bight::crawl;

/// The definition of matching, by a table of which prefixes match which.
bool matches(std::string_view pattern, std::string_view path) {
  const bool to_the_end = pattern.ends_with('$');
  if (to_the_end) pattern.remove_suffix(1);
  std::vector<bool> reached(path.size() + 1, false);
  reached[0] = true;
  for (const char c : pattern) {
    std::vector<bool> next(path.size() + 1, false);
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (c == '*') {
        next[i] = reached[i] || (i != 0 && next[i - 1]);
      } else {
        next[i] = i != 0 && reached[i - 1] && path[i - 1] == c;
      }
    }
    reached = next;
  }
  if (to_the_end) return reached.back();
  for (const bool here : reached) {
    if (here) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto cut = input.find('\n');
  const auto path = input.substr(0, cut);
  const auto body = cut == std::string_view::npos ? std::string_view{} : input.substr(cut + 1);

  const auto rules = crawl::robots_rules::parse(body);
  for (const std::string_view product : {"bight", "other", "", "*"}) {
    const auto decision = rules.allows(product, path);
    require(decision.allowed || decision.line != 0);
    require(decision.rule.empty() == (decision.line == 0));
    require(rules.allows(product, "/robots.txt").allowed);
    const auto delay = rules.crawl_delay(product);
    require(!delay || delay->count() >= 0);
  }
  if (path.size() > 300 || body.size() > 300) return 0;

  std::string pattern_text;
  std::string path_text;
  crawl::append_robots_normal(pattern_text, body, crawl::robots_text::pattern);
  crawl::append_robots_normal(path_text, path, crawl::robots_text::path);
  const bool match = matches(pattern_text, path_text);
  require(crawl::robots_match(pattern_text, path_text) == match);
  const auto pairs = crawl::robots_signature(pattern_text) & ~crawl::robots_signature(path_text);
  require(!match || pairs == 0);
  std::string again;  // the normal form is normal
  crawl::append_robots_normal(again, pattern_text, crawl::robots_text::pattern);
  require(again == pattern_text);
  return 0;
}
