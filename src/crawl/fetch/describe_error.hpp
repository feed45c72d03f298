// Errors as one line for people.
#pragma once
#include <boost/system/system_error.hpp>
#include <string>
#include <string_view>

namespace bight::crawl {

/// What `e` says besides the URL, as messages show it, which the page has already, and the number of the
/// code.
inline std::string describe_error(const boost::system::system_error& e, std::string_view url) {
  std::string_view what = e.what();
  if (what.starts_with(url) && what.substr(url.size()).starts_with(": ")) what.remove_prefix(url.size() + 2);
  const auto number = " [" + e.code().to_string() + "]";
  if (what.ends_with(number)) what.remove_suffix(number.size());
  return std::string{what};
}

}  // namespace bight::crawl
