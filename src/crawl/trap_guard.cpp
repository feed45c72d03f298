#include "crawl/trap_guard.hpp"

#include <algorithm>
#include <functional>

namespace bight::crawl {
namespace {

std::string_view next_segment(std::string_view& path) noexcept {
  const auto end = std::min(path.find('/'), path.size());
  const auto segment = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return segment;
}

}  // namespace

// Quadratic in the number of segments, which the first limit bounds; few paths have more than a handful.
bool trap_guard::has_endless_path(std::string_view path) const noexcept {
  const auto segments = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
  if (segments > limits_.max_path_segments) return true;
  if (segments <= limits_.max_repeated_segments) return false;
  for (auto rest = path; !rest.empty();) {
    const auto segment = next_segment(rest);
    if (segment.empty()) continue;
    std::size_t times = 1;
    for (auto later = rest; !later.empty();) times += next_segment(later) == segment ? 1U : 0U;
    if (times > limits_.max_repeated_segments) return true;
  }
  return false;
}

bool trap_guard::catches(std::string_view href) {
  const auto authority = href.find("://");
  const auto path = authority == href.npos ? href.npos : href.find('/', authority + 3);
  if (path == href.npos) return false;
  const auto query = href.find('?', path);
  if (has_endless_path(href.substr(path, query == href.npos ? href.npos : query - path))) return true;
  if (query == href.npos) return false;
  return ++queries_[std::hash<std::string_view>{}(href.substr(0, query))] > limits_.max_queries_per_path;
}

}  // namespace bight::crawl
