#include "crawl/check/link_rules.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <stdexcept>

namespace bight::crawl {
namespace check {

struct link_rules::compiled {
  explicit compiled(const std::string& text, const re2::RE2::Options& options) : pattern(text, options) {}
  re2::RE2 pattern;
};

link_rules::link_rules(const std::vector<link_pattern>& patterns, std::size_t max_memory) {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(static_cast<std::int64_t>(std::min<std::size_t>(max_memory, std::size_t{1} << 30U)));
  for (const auto& p : patterns) {
    auto made = std::make_unique<compiled>(p.text, options);
    if (!made->pattern.ok())
      throw std::invalid_argument(p.where + ": '" + p.text +
                                  "' is not a valid pattern: " + made->pattern.error());
    all_.push_back(std::move(made));
  }
}
link_rules::~link_rules() = default;

bool link_rules::match(std::string_view url) const {
  const re2::StringPiece text{url.data(), url.size()};
  return std::ranges::any_of(all_, [&](const auto& p) { return re2::RE2::PartialMatch(text, p->pattern); });
}

}  // namespace check

std::vector<link_pattern> read_ignore_file(std::string_view text, const std::string& name) {
  std::vector<link_pattern> all;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    all.push_back({std::string{line}, name + ':' + std::to_string(number)});
  }
  return all;
}

}  // namespace bight::crawl
