#include <algorithm>
#include <bight/crawl/external_checker.hpp>
#include <charconv>

namespace bight::crawl {
namespace {

std::optional<int> read_status(std::string_view text) {
  int n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  const bool whole = ec == std::errc{} && end == text.data() + text.size();
  if (!whole || text.size() != 3 || n < 100) return std::nullopt;
  return n;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<status_set> status_set::parse(std::string_view list) {
  status_set made;
  made.ranges_.clear();
  for (bool more = true; more;) {
    const auto comma = list.find(',');
    more = comma != list.npos;
    const auto part = trimmed(list.substr(0, comma));
    const auto dash = part.find('-');
    const auto first = read_status(trimmed(part.substr(0, dash)));
    const auto last = dash == part.npos ? first : read_status(trimmed(part.substr(dash + 1)));
    if (!first || !last || *first > *last) return std::nullopt;
    made.ranges_.emplace_back(*first, *last);
    if (more) list.remove_prefix(comma + 1);
  }
  return made;
}

bool status_set::contains(int status) const noexcept {
  return std::ranges::any_of(ranges_, [&](const auto& r) { return r.first <= status && status <= r.second; });
}

}  // namespace bight::crawl
