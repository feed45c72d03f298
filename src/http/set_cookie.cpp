#include <bight/http/set_cookie.hpp>

#include <algorithm>
#include <bight/http/date.hpp>
#include <bight/http/error.hpp>
#include <bight/http/headers.hpp>
#include <boost/system/system_error.hpp>

#include "http/cookies/domain.hpp"
#include "http/h1/chars.hpp"

namespace bight::http {
namespace {

// RFC 6265 4.1.1: cookie-octet.
bool is_cookie_value(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
  });
}

bool is_cookie_domain(std::string_view text) noexcept {
  constexpr std::size_t longest = 253;
  if (text.empty() || text.size() > longest || text.front() == '.' || text.back() == '.' ||
      text.find("..") != text.npos)
    return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return h1::is_digit(c) || bight::detail::is_alpha(c) || c == '-' || c == '.';
  });
}

}  // namespace

set_cookie::set_cookie(std::string name, std::string value)
    : name_(std::move(name)), value_(std::move(value)) {
  constexpr std::size_t most = 4096;
  if (!is_token(name_)) fail("the name is not a token");
  if (!is_cookie_value(value_))
    fail("the value contains a character that has to be encoded, for example by percent_encode");
  if (name_.size() + value_.size() > most) fail("name and value have more than 4096 bytes");
}

void set_cookie::fail(const char* reason) const {
  throw boost::system::system_error(make_error_code(errc::invalid_cookie), '\'' + name_ + "': " + reason);
}

set_cookie& set_cookie::path(std::string value) & {
  const bool safe =
      std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != ';'; });
  if (!safe) fail("the path contains a control character, ';', or a character that is not ASCII");
  if (!value.empty() && value.front() != '/') fail("the path does not begin with a slash");
  path_ = std::move(value);
  return *this;
}

set_cookie& set_cookie::domain(std::string value) & {
  if (!is_cookie_domain(value)) fail("the domain is not a host name in ASCII without a leading dot");
  domain_ = std::move(value);
  return *this;
}

set_cookie& set_cookie::max_age(std::chrono::seconds value) & noexcept {
  max_age_ = value;
  return *this;
}
set_cookie& set_cookie::expires(wall_clock::time_point value) & noexcept {
  expires_ = value;
  return *this;
}
set_cookie& set_cookie::secure(bool on) & noexcept {
  secure_ = on;
  return *this;
}
set_cookie& set_cookie::http_only(bool on) & noexcept {
  http_only_ = on;
  return *this;
}
set_cookie& set_cookie::same_site(http::same_site value) & noexcept {
  same_site_ = value;
  return *this;
}

std::string set_cookie::to_string() const {
  cookies::prefix_facts facts;
  facts.secure = secure_;
  facts.host_only = domain_.empty();
  facts.path = path_;
  if (cookies::breaks_prefix(name_, value_, facts))
    fail("the prefix of the name requires Secure, and __Host- also Path=/ and no Domain");
  if (same_site_ == http::same_site::none && !secure_) fail("SameSite=None requires Secure");
  std::string text = name_ + '=' + value_;
  if (!path_.empty()) text.append("; Path=").append(path_);
  if (!domain_.empty()) text.append("; Domain=").append(domain_);
  if (max_age_)
    text.append("; Max-Age=")
        .append(std::to_string(std::max<std::chrono::seconds::rep>(max_age_->count(), 0)));
  if (expires_)
    text.append("; Expires=").append(format_date(std::chrono::floor<std::chrono::seconds>(*expires_)));
  if (secure_) text += "; Secure";
  if (http_only_) text += "; HttpOnly";
  if (same_site_ == http::same_site::none) text += "; SameSite=None";
  if (same_site_ == http::same_site::lax) text += "; SameSite=Lax";
  if (same_site_ == http::same_site::strict) text += "; SameSite=Strict";
  return text;
}

}  // namespace bight::http
