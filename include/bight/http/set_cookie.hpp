// set_cookie: a cookie that a server sets.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/http/same_site.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bight::http {

/// The value of a Set-Cookie header (RFC 6265bis 4.1).
///
///     response.set_cookie(http::set_cookie("__Host-session", token).secure().http_only().max_age(24h));
///     response.delete_cookie("__Host-session");
///
/// By default a cookie is valid for all paths of the host ("Path=/") until the browser is closed, and
/// "SameSite=Lax". Errors: system_error with errc::invalid_cookie, naming the cookie and the reason.
class set_cookie {
 public:
  /// Errors: unless the name is a token; if the value contains a character other than visible ASCII, or one
  /// of `",;\`: encode such values, for example with percent_encode; if both have more than 4096 bytes.
  set_cookie(std::string name, std::string value);

  /// Begins with a slash. Empty: the folder of the request's path. Errors: control characters, ";".
  set_cookie& path(std::string value) &;
  set_cookie path(std::string value) && { return std::move(path(std::move(value))); }
  /// Includes the subdomains of that host name. Without it the cookie is for the host alone. Errors: unless
  /// it is a host name in ASCII, without a leading dot.
  set_cookie& domain(std::string value) &;
  set_cookie domain(std::string value) && { return std::move(domain(std::move(value))); }
  /// How long it is valid; zero or less removes it. Browsers allow at most 400 days.
  set_cookie& max_age(std::chrono::seconds value) & noexcept;
  set_cookie max_age(std::chrono::seconds value) && { return std::move(max_age(value)); }
  /// Until when it is valid. Max-Age takes precedence.
  set_cookie& expires(wall_clock::time_point value) & noexcept;
  set_cookie expires(wall_clock::time_point value) && { return std::move(expires(value)); }
  /// Sent over https only.
  set_cookie& secure(bool on = true) & noexcept;
  set_cookie secure(bool on = true) && { return std::move(secure(on)); }
  /// Not readable by scripts of pages. Set it for sessions.
  set_cookie& http_only(bool on = true) & noexcept;
  set_cookie http_only(bool on = true) && { return std::move(http_only(on)); }
  set_cookie& same_site(http::same_site value) & noexcept;
  set_cookie same_site(http::same_site value) && { return std::move(same_site(value)); }

  const std::string& name() const noexcept { return name_; }
  const std::string& value() const noexcept { return value_; }
  /// The field value: "name=value; Path=/; Secure". Errors: what browsers would ignore: a name with the
  /// prefix
  /// "__Secure-" without Secure; with "__Host-" without Secure, with a Domain or with a Path other than "/";
  /// SameSite=None without Secure.
  std::string to_string() const;

 private:
  [[noreturn]] void fail(const char* reason) const;

  std::string name_;
  std::string value_;
  std::string path_ = "/";
  std::string domain_;
  std::optional<std::chrono::seconds> max_age_;
  std::optional<wall_clock::time_point> expires_;
  bool secure_ = false;
  bool http_only_ = false;
  http::same_site same_site_ = http::same_site::lax;
};

}  // namespace bight::http
