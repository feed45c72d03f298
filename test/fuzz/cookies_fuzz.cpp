// Properties: what a jar sends has no control character; a cookie goes to no other site; a saved jar reads
// back as it was. The first line of the input is a URL, each other line a Set-Cookie field.
#include <algorithm>
#include <bight/http/cookie_jar.hpp>
#include <bight/http/date.hpp>
#include <bight/http/headers.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/cookies/cookie_date.hpp"

using namespace bight::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto take_line = [&rest] {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return line;
  };
  const auto where = url::parse(take_line());
  if (!where) return 0;
  cookie_jar jar{{.max_cookies_per_domain = 10, .max_cookies = 12}};
  while (!rest.empty()) {
    const auto line = take_line();
    jar.store(*where, line);
    static_cast<void>(cookies::parse_cookie_date(line));
    static_cast<void>(parse_date(line, std::chrono::sys_seconds{std::chrono::seconds{1'700'000'000}}));
  }
  if (jar.size() > 10) std::abort();
  const auto header = jar.cookie_header(*where);
  if (!is_field_value(header)) std::abort();
  for (const char* other : {"https://elsewhere.test/", "https://com/", "https://co.uk/"}) {
    const url there{other};
    if (there.host() != where->host() && !jar.cookie_header(there).empty()) std::abort();
  }
  const auto text = jar.to_netscape();
  if (cookie_jar::from_netscape(text).to_netscape() != text) std::abort();
  try {
    static_cast<void>(cookie_jar::from_netscape({reinterpret_cast<const char*>(data), size}));
  } catch (const boost::system::system_error&) {}
  return 0;
}
