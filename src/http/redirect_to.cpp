// Responses that name another URL, and cookies of responses.
#include <bight/http/error.hpp>
#include <bight/http/server_response.hpp>
#include <bight/http/set_cookie.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>

#include "http/url/percent.hpp"

namespace bight::http {

server_response redirect_to(std::string_view url, status code) {
  if (code != 301 && code != 302 && code != 303 && code != 307 && code != 308)
    throw std::invalid_argument{"bight: redirect_to: " + std::to_string(code.code()) +
                                " is not a redirect to another URL"};
  const bool control = std::any_of(url.begin(), url.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
  if (control)
    throw boost::system::system_error(make_error_code(errc::invalid_header),
                                      "redirect_to: control character in the URL");
  // What no URL has (RFC 3986 2). Browsers read a backslash as a slash, which may name another host.
  constexpr std::string_view strangers = " \"<>\\^`{|}";
  std::string location;
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x7f || strangers.find(c) != strangers.npos)
      url_detail::append_percent_byte(location, byte);
    else
      location += c;
  }
  server_response r{code};
  r.headers().append(header_id::location, location);
  return r;
}

void server_response::set_cookie(const http::set_cookie& cookie) {
  headers_.append(header_id::set_cookie, cookie.to_string());
}

void server_response::delete_cookie(std::string_view name, std::string_view path, std::string_view domain) {
  http::set_cookie gone{std::string{name}, {}};
  gone.path(std::string{path}).max_age(std::chrono::seconds{0}).expires({});
  if (!domain.empty()) gone.domain(std::string{domain});
  // Browsers would ignore it otherwise.
  gone.secure(equal_ignoring_case(name.substr(0, 9), "__secure-") ||
              equal_ignoring_case(name.substr(0, 7), "__host-"));
  set_cookie(gone);
}

}  // namespace bight::http
