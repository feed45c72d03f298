// Properties: the parser of challenges ends; what answers a challenge is a field value with no quote that was
// not escaped; a .netrc file is read or refused.
#include <bight/http/headers.hpp>
#include <bight/http/netrc.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "http/auth/challenge.hpp"
#include "http/auth/digest.hpp"

using namespace bight::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::vector<auth_detail::challenge> challenges;
  auth_detail::parse_challenges(input, challenges);
  for (const auto& c : challenges)
    if (!is_token(c.scheme)) std::abort();
  auth_detail::digest_session session{digest_auth("us\"er", "password")};
  if (session.challenged(challenges, 0)) {
    session.authenticated(input);
    const auto value = session.authorization("GET", "/path?query");
    if (!is_field_value(value)) std::abort();
    std::vector<auth_detail::challenge> again;
    auth_detail::parse_challenges(value, again);
    if (again.size() != 1 || again[0].get("username").value_or("us\"er").empty()) std::abort();
  }
  try {
    static_cast<void>(netrc::parse(input).find("host"));
  } catch (const boost::system::system_error&) {}
  return 0;
}
