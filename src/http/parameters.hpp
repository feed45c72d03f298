// Parameters of field values: `; name=value; name="value"` (RFC 9110 5.6.6).
#pragma once
#include <algorithm>
#include <cstddef>
#include <string_view>

#include "http/h1/chars.hpp"

namespace bight::http {

/// One parameter. Lifetime: refers to the field value.
struct parameter_view {
  std::string_view name;
  std::string_view value;  ///< Without quotes; escapes of a quoted string are as they were.
  bool quoted = false;
  bool closed = true;  ///< False: the final quote is missing.
};

/// Takes one value off the front: a quoted string, or what comes before the next character of `ends`, which
/// stays. Behind a quoted string everything up to there is dropped.
inline parameter_view take_parameter_value(std::string_view& rest, std::string_view ends) noexcept {
  parameter_view out;
  if (rest.empty() || rest.front() != '"') {
    const std::size_t end = std::min(rest.find_first_of(ends), rest.size());
    out.value = h1::trim_ows(rest.substr(0, end));
    rest.remove_prefix(end);
    return out;
  }
  std::size_t close = 1;
  while (close < rest.size() && rest[close] != '"') close += rest[close] == '\\' ? 2U : 1U;
  out.quoted = true;
  out.closed = close < rest.size();
  out.value = rest.substr(1, std::min(close, rest.size()) - 1);
  rest.remove_prefix(std::min(rest.find_first_of(ends, close), rest.size()));
  return out;
}

/// Calls `visit(const parameter_view&)` for each parameter that has a value. `rest` begins with a semicolon
/// or is empty.
template <class Visit>
void for_each_parameter(std::string_view rest, Visit visit) {
  while (!rest.empty()) {
    rest = h1::trim_ows(rest.substr(1));  // the ";"
    const std::size_t equals = rest.find_first_of("=;");
    if (equals == rest.npos) return;
    const std::string_view name = h1::trim_ows(rest.substr(0, equals));
    const bool has_value = rest[equals] == '=';
    rest.remove_prefix(equals + (has_value ? 1 : 0));
    if (!has_value) continue;
    parameter_view found = take_parameter_value(rest, ";");
    found.name = name;
    visit(static_cast<const parameter_view&>(found));
  }
}

}  // namespace bight::http
