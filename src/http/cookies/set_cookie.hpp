// The value of a Set-Cookie field (RFC 6265bis 5.6).
#pragma once
#include <bight/core/clock.hpp>
#include <bight/http/cookie_jar.hpp>
#include <optional>
#include <string_view>

namespace bight::http::cookies {

/// What a Set-Cookie field says. Lifetime: refers to its text.
struct set_cookie {
  std::string_view name;
  std::string_view value;
  std::optional<std::string_view> domain;  ///< As written, without a leading dot; never empty.
  std::optional<std::string_view> path;    ///< Begins with a slash.
  std::optional<wall_clock::time_point> expires;
  bool has_path = false;  ///< There was a Path attribute, of whatever value.
  bool secure = false;
  bool http_only = false;
  http::same_site same_site = http::same_site::unset;
};

/// Parses a field. Returns: nullopt if the cookie is to be ignored: control characters, too large, or neither
/// a name nor a value.
std::optional<set_cookie> parse_set_cookie(std::string_view text, const cookie_jar_options& options,
                                           wall_clock::time_point now) noexcept;

/// Whether a part of a cookie has a control character other than a tab.
bool has_control(std::string_view text) noexcept;

}  // namespace bight::http::cookies
