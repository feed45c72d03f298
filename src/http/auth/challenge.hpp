// WWW-Authenticate and Proxy-Authenticate (RFC 9110 11.6.1).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::http::auth_detail {

/// One challenge.
struct challenge {
  std::string scheme;                                           ///< As written; compare it ignoring case.
  std::string token68;                                          ///< Empty if there are parameters or nothing.
  std::vector<std::pair<std::string, std::string>> parameters;  ///< Quoted values are unescaped.

  /// The first parameter of that name, ignoring case.
  std::optional<std::string_view> get(std::string_view name) const noexcept;
};

/// Appends the challenges of one field. What is malformed is skipped up to the next comma.
void parse_challenges(std::string_view field, std::vector<challenge>& out);
/// Parses `name=value, name="value"`, as in Authentication-Info (RFC 9110 11.6.3).
challenge parse_auth_parameters(std::string_view field);

}  // namespace bight::http::auth_detail
