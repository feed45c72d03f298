// What the sources of this room throw, and names in SQL.
#pragma once
#include <bight/pg/error.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <string_view>

namespace bight::pg::detail {

[[noreturn]] inline void fail(errc code, const std::string& text) {
  throw boost::system::system_error(make_error_code(code), "pg: " + text);
}

/// An identifier in double quotes.
inline std::string quote_name(std::string_view name) {
  if (name.find('\0') != name.npos) fail(errc::wrong_parameter, "a name contains a null byte");
  std::string text = "\"";
  for (const char c : name) {
    text += c;
    if (c == '"') text += c;
  }
  return text + '"';
}

}  // namespace bight::pg::detail
