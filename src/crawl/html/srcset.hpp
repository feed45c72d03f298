// The srcset attribute (HTML 4.8.4.2.2, "parsing a srcset attribute").
#pragma once
#include <cstddef>
#include <string_view>
#include "crawl/html/scan.hpp"

namespace bight::crawl::html {

/// Takes the next candidate's URL off a srcset value; empty when there is none left.
/// Candidates with descriptors that a browser would refuse are returned, too: their URLs are still links.
constexpr std::string_view next_srcset_url(std::string_view& rest) noexcept {
  std::size_t at = 0;
  while (at != rest.size() && (is_space(rest[at]) || rest[at] == ',')) ++at;
  const std::size_t begin = at;
  while (at != rest.size() && !is_space(rest[at])) ++at;
  std::string_view url = rest.substr(begin, at - begin);
  if (url.ends_with(',')) {
    while (url.ends_with(',')) url.remove_suffix(1);
  } else {
    // Descriptors, up to a comma that is not in parentheses.
    for (bool nested = false; at != rest.size(); ++at) {
      if (nested) {
        nested = rest[at] != ')';
      } else if (rest[at] == ',') {
        break;
      } else {
        nested = rest[at] == '(';
      }
    }
  }
  rest.remove_prefix(at);
  return url;
}

}  // namespace bight::crawl::html
