// Netscape cookie files: seven fields a line, separated by tabs.
#pragma once
#include <bight/http/cookie_jar.hpp>
#include <span>
#include <string>
#include <string_view>

namespace bight::http::cookies {

/// A line of a file, without its end.
struct netscape_line {
  http::cookie cookie;
  bool has_cookie = false;      ///< False: a comment or a blank line.
  const char* error = nullptr;  ///< What is wrong with the line.
};
netscape_line parse_netscape_line(std::string_view line);

/// The file with these cookies.
std::string write_netscape(std::span<const cookie> cookies);

}  // namespace bight::http::cookies
