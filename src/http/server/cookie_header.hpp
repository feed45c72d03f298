// Cookie fields (RFC 6265 4.2, read as leniently as 5.4 has clients write them).
#pragma once
#include <algorithm>
#include <bight/http/headers.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "http/h1/chars.hpp"

namespace bight::http::detail {

/// Calls `visit(name, value)` for every cookie until it returns false. What has no "=" is a value without a
/// name.
template <class Visit>
void for_each_cookie(headers_view fields, Visit&& visit) {
  for (auto line : fields.get_all(header_id::cookie)) {
    while (!line.empty()) {
      const auto end = std::min(line.find(';'), line.size());
      const auto pair = h1::trim_ows(line.substr(0, end));
      line.remove_prefix(std::min(end + 1, line.size()));
      if (pair.empty()) continue;
      const auto equals = pair.find('=');
      const auto name = equals == pair.npos ? std::string_view{} : h1::trim_ows(pair.substr(0, equals));
      const auto value = equals == pair.npos ? pair : h1::trim_ows(pair.substr(equals + 1));
      if (!visit(name, value)) return;
    }
  }
}

inline std::optional<std::string_view> find_cookie(headers_view fields, std::string_view name) noexcept {
  std::optional<std::string_view> found;
  for_each_cookie(fields, [&](std::string_view n, std::string_view value) {
    if (n == name) found = value;
    return !found;
  });
  return found;
}

}  // namespace bight::http::detail
