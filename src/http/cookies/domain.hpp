// Hosts and paths of cookies (RFC 6265bis 5.1).
#pragma once
#include <bight/http/url.hpp>
#include <string_view>

namespace bight::http::cookies {

/// Whether a host is within `domain`: the same, or, for a name, below it. Both in lower case.
bool domain_matches(std::string_view host, bool host_is_name, std::string_view domain) noexcept;
/// Whether a path of a request is at or below the path of a cookie.
bool path_matches(std::string_view request_path, std::string_view cookie_path) noexcept;
/// The path of a cookie that names none: the folder of the request's path.
std::string_view default_path(std::string_view request_path) noexcept;
/// Whether anybody may register names below `domain`, as below "com" and "co.uk". In lower case.
bool is_public_suffix(std::string_view domain);
/// Whether the connection to `where` is encrypted.
bool is_secure(const url& where) noexcept;

/// Whether the name, or in a cookie without a name its value, has a prefix whose rules the cookie breaks.
struct prefix_facts {
  bool secure = false;
  bool host_only = false;
  std::string_view path;
};
bool breaks_prefix(std::string_view name, std::string_view value, const prefix_facts& facts) noexcept;

}  // namespace bight::http::cookies
