// Properties: a token that was not signed with the key is refused with jwt_error, whatever it says; one that
// was is accepted, but not after any change of its text. The input is a token, and the claims of another.
#include <bight/api/jwt.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/base64.hpp"
#include "fuzz/require.hpp"

namespace {

using namespace bight::api;

const jwt_key& key() {
  static const auto k = jwt_key::hs256("0123456789abcdef0123456789abcdef");
  return k;
}
const jwt_key& other_key() {
  static const auto k = jwt_key::es256(
      "-----BEGIN PUBLIC KEY-----\n"
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYzllr/CvyoQFOukLDYgb5h4IPY0z\n"
      "35z+8qN7+qA2q+ZzzE81oh8y0YmoA0KwAjpACDGhPPhYSHmo9LYKr76m8g==\n"
      "-----END PUBLIC KEY-----\n");
  return k;
}

bool is_accepted(const jwt_verifier& tokens, std::string_view token) {
  try {
    const auto claims = tokens.verify(token);
    static_cast<void>(claims.scopes());
    static_cast<void>(claims.expires());
    return true;
  } catch (const jwt_error&) { return false; }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  static const jwt_verifier tokens{{key(), other_key()}};
  require(!is_accepted(tokens, text));
  // Header, payload and signature are the input.
  const auto part = detail::to_base64url(text);
  require(!is_accepted(tokens, part + '.' + part + '.' + part));
  for (const char* const algorithm : {"none", "HS256", "ES256", "RS256"}) {
    const auto header = detail::to_base64url(std::string{R"({"alg":")"} + algorithm + R"("})");
    require(!is_accepted(tokens, header + '.' + part + '.'));
    require(!is_accepted(tokens, header + '.' + part + '.' + part));
  }
  jwt_claims claims;
  claims.set("text", detail::to_base64url(text));
  const auto good = issue_jwt(key(), claims, std::chrono::minutes{1});
  require(good.size() > 16 * 1024 || is_accepted(tokens, good));
  if (size == 0) return 0;
  auto changed = good;
  auto& c = changed[data[0] % changed.size()];
  c = c == 'A' ? 'B' : 'A';
  require(!is_accepted(tokens, changed));
  return 0;
}
