// Signed tokens.
#include <bight/api/jwt.hpp>

#include <bight/core/sleep.hpp>
#include <bight/testing/async_test.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/base64.hpp"

namespace bight::api_jwt_test {

using namespace std::chrono_literals;
using api::jwt_claims;
using api::jwt_error;
using api::jwt_key;
using api::jwt_options;
using api::jwt_verifier;

// Made with OpenSSL's command line: {"sub":"ann","iss":"https://login.example","aud":["shop","other"],
// "exp":4102444800,"scope":"a b"}.
constexpr std::string_view rsa_key =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAky2HFuDDgBe5a9el5YWt\n"
    "boTDj1e6/0Xs21XPjyvbomDttHTJymD1guBzB6hDd6kO3Lw57Qxd6B3EbgBefou7\n"
    "0nk2V1vDtwsRVxNAGhA430G1lTZB1uMVRpq2kG1+cAayHCMYRlJCr8UKuwp+K3Z/\n"
    "WSIfeL2m99q0iJRUkfxPryzOkHYx+7kXAvtJL5qVL0hwnFTVDBqvXq9c/2cCmNcH\n"
    "KdajPz/PmJoGQa86Rl5vGrz9vaBkyI45c/UWKk0+eFTbV4R6r7h7hqHCaaGTLXWa\n"
    "HhMS+LDIqFKV8mbCIFWVhETYs8wN6VMExUvyFts1zHi6nWMTUIuA6n93JJvRM6qn\n"
    "CwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
constexpr std::string_view rsa_token =
    "eyJhbGciOiAiUlMyNTYiLCAidHlwIjogIkpXVCJ9.eyJzdWIiOiAiYW5uIiwgImlzcyI6ICJodHRwczovL2xvZ2luL"
    "mV4YW1wbGUiLCAiYXVkIjogWyJzaG9wIiwgIm90aGVyIl0sICJleHAiOiA0MTAyNDQ0ODAwLCAic2NvcGUiOiAiYSB"
    "iIn0.DAXDkw2Y09SdZhBm4uGJYrqVnsKtLCwxI84SYz4AW7K4pRoYCPChcemSRwSZaycc3auGdAApCAVCl20k0y4hc"
    "_rzxr8xDDXZxmOMxKJVijgIrFSf1N8SZjM2gG7iQi9-6UIecr5z7ONqY0d1eGEHC7jH7wKZ3c7x2d6HhrrWULq_3kd"
    "4huurA_2tePxQdg1GEeVSMkmGgwp23u9Z5noTAThV1cir2xqYRvTh5kjrlrZzdYRyOKJU4SsbzrSDwMKtgb_RtyOWw"
    "DYwdvw9_RUVHxpJRWdIB9HZKJ19dAYUtnhhYmchQnJWB-2ixTQixHzq75jSvgBUV6Z1hRFDE25HbQ";
constexpr std::string_view short_rsa_key =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC8oOcTu5KZmlcQp+Yvbk2MlUEE\n"
    "4EuKkH0aKbswB0MxkZsVCcXHBpH9mRI1RLBVJFRTKwCzFx29YaaXXS6Bou3mYFcW\n"
    "OiLv846Du4WpZaIoxMxDPO+y6lgWn8sQGtWYRFRfEghTvoORXSfTxqpWVQtHpJ/U\n"
    "yLrY+rB71MnhO3XoHQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
constexpr std::string_view ec_key =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYzllr/CvyoQFOukLDYgb5h4IPY0z\n"
    "35z+8qN7+qA2q+ZzzE81oh8y0YmoA0KwAjpACDGhPPhYSHmo9LYKr76m8g==\n"
    "-----END PUBLIC KEY-----\n";
constexpr std::string_view ec_token =
    "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogIkpXVCJ9.eyJzdWIiOiAiYW5uIiwgImlzcyI6ICJodHRwczovL2xvZ2luL"
    "mV4YW1wbGUiLCAiYXVkIjogWyJzaG9wIiwgIm90aGVyIl0sICJleHAiOiA0MTAyNDQ0ODAwLCAic2NvcGUiOiAiYSB"
    "iIn0.UYeAigHnqadMkv_kfAFz5TXmbWtCLuQ9xIbwYKkaIaRL_1ATyWcuvhTBYMynNvjCbgmfQIbna2Ghx9TwRvZ5L"
    "Q";
constexpr std::string_view p384_key =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAErQzekTtqLlS+9rqkbXoUYCtUYKufJv8P\n"
    "PEYz0kahd64yBguo40AtKaZ3nP+z3ahakyKzRyBmCbref79Ap4aevFaUD7MvyFWh\n"
    "EJ9NKMZJXhIBDkKTOvRUMiSm/ix5rryk\n"
    "-----END PUBLIC KEY-----\n";

constexpr std::string_view secret = "0123456789abcdef0123456789abcdef";

jwt_options for_shop() {
  jwt_options options;
  options.issuer = "https://login.example";
  options.audience = "shop";
  return options;
}

// Why a token is refused; empty if it is accepted.
std::string refusal(const jwt_verifier& verifier, std::string_view token) {
  try {
    static_cast<void>(verifier.verify(token));
  } catch (const jwt_error& e) { return e.what(); }
  return {};
}

std::string part(std::string_view json) { return api::detail::to_base64url(json); }

std::string unsigned_token(std::string_view header, std::string_view payload) {
  return part(header) + '.' + part(payload) + '.';
}

TEST(api_jwt, verifies_rs256) {
  const jwt_verifier tokens{jwt_key::rs256(rsa_key), for_shop()};
  const auto claims = tokens.verify(rsa_token);
  EXPECT_EQ(claims.subject(), "ann");
  EXPECT_EQ(claims.scopes(), (std::vector<std::string>{"a", "b"}));
  std::string other{rsa_token};
  other[other.size() - 5] = other[other.size() - 5] == 'A' ? 'B' : 'A';
  EXPECT_EQ(refusal(tokens, other), "jwt: the signature is wrong");
}

TEST(api_jwt, verifies_es256) {
  const jwt_verifier tokens{jwt_key::es256(ec_key), for_shop()};
  EXPECT_EQ(tokens.verify(ec_token).issuer(), "https://login.example");
  const auto cut = std::string{ec_token.substr(0, ec_token.rfind('.') + 1)};
  EXPECT_EQ(refusal(tokens, cut), "jwt: the signature is wrong");
  // r = s = 0 (CVE-2022-21449).
  EXPECT_EQ(refusal(tokens, cut + part(std::string(64, '\0'))), "jwt: the signature is wrong");
}

TEST(api_jwt, verifies_the_example_of_rfc_7515) {
  const std::string key{
      "\x03\x23\x35\x4b\x2b\x0f\xa5\xbc\x83\x7e\x06\x65\x77\x7b\xa6\x8f"
      "\x5a\xb3\x28\xe6\xf0\x54\xc9\x28\xa9\x0f\x84\xb2\xd2\x50\x2e\xbf"
      "\xd3\xfb\x5a\x92\xd2\x06\x47\xef\x96\x8a\xb4\xc3\x77\x62\x3d\x22"
      "\x3d\x2e\x21\x72\x05\x2e\x4f\x08\xc0\xcd\x9a\xf5\x67\xd0\x80\xa3",
      64};
  jwt_options options;
  options.leeway = 100 * 365 * 24h;  // it expired in 2011
  const jwt_verifier tokens{jwt_key::hs256(key), options};
  const auto claims = tokens.verify(
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  EXPECT_EQ(claims.issuer(), "joe");
  ASSERT_TRUE(claims.find("http://example.com/is_root"));
  EXPECT_TRUE(claims.find("http://example.com/is_root")->as_bool());
}

TEST(api_jwt, the_key_says_which_algorithm_is_used) {
  // The attacks: a public key as the secret of an HMAC, and no signature at all.
  const jwt_verifier tokens{jwt_key::rs256(rsa_key), for_shop()};
  const auto confused = api::issue_jwt(jwt_key::hs256(std::string{rsa_key}), jwt_claims{}, 1min);
  EXPECT_EQ(refusal(tokens, confused), "jwt: no key of its algorithm and id");
  for (const std::string_view header : {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":""})", R"({})"})
    EXPECT_EQ(refusal(tokens, unsigned_token(header, R"({"sub":"ann","exp":4102444800})")),
              "jwt: no key of its algorithm and id")
        << header;
  EXPECT_EQ(refusal(tokens, ec_token), "jwt: no key of its algorithm and id");
}

ASYNC_TEST(api_jwt, issues_tokens_that_expire) {
  const auto key = jwt_key::hs256(std::string{secret});
  jwt_claims claims;
  claims.subject("ann").scopes({"a", "b"}).set("level", 3);
  const auto token = api::issue_jwt(key, claims, 60s);
  const jwt_verifier tokens{key};
  const auto read = tokens.verify(token);
  EXPECT_EQ(read.subject(), "ann");
  EXPECT_EQ(read.find("level")->to_number<int>(), 3);
  co_await sleep(60s);
  EXPECT_EQ(refusal(tokens, token), "");  // clocks may differ by 30 s
  co_await sleep(30s);
  EXPECT_EQ(refusal(tokens, token), "jwt: expired");
}

ASYNC_TEST(api_jwt, times_and_parties_are_checked) {
  const auto key = jwt_key::hs256(std::string{secret});
  const jwt_verifier plain{key};
  const jwt_verifier shop{key, for_shop()};
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(wall_clock::now().time_since_epoch()).count();
  const auto issue = [&](std::string_view name, auto value) {
    jwt_claims claims;
    claims.set(name, value);
    return api::issue_jwt(key, claims, 60s);
  };
  EXPECT_EQ(refusal(plain, issue("nbf", now + 29)), "");
  EXPECT_EQ(refusal(plain, issue("nbf", now + 31)), "jwt: not valid yet");
  EXPECT_EQ(refusal(plain, issue("nbf", "soon")), "jwt: 'nbf' is not a number");
  EXPECT_EQ(refusal(plain, issue("aud", "shop")), "jwt: for another audience");
  EXPECT_EQ(refusal(shop, issue("iss", "https://login.example")), "jwt: for another audience");
  EXPECT_EQ(refusal(shop, issue("aud", "shop")), "jwt: of another issuer");
  co_return;
}

TEST(api_jwt, one_of_several_keys_is_named_by_its_id) {
  const auto old_key = jwt_key::hs256(std::string{secret}).id("old");
  const auto new_key = jwt_key::hs256("another secret of thirty-two bytes").id("new");
  const jwt_verifier both{{old_key, new_key}};
  EXPECT_EQ(refusal(both, api::issue_jwt(old_key, jwt_claims{}, 1min)), "");
  EXPECT_EQ(refusal(both, api::issue_jwt(new_key, jwt_claims{}, 1min)), "");
  const auto liar = jwt_key::hs256(std::string{secret}).id("new");
  EXPECT_EQ(refusal(both, api::issue_jwt(liar, jwt_claims{}, 1min)), "jwt: the signature is wrong");
  const auto unknown = jwt_key::hs256(std::string{secret}).id("x");
  EXPECT_EQ(refusal(both, api::issue_jwt(unknown, jwt_claims{}, 1min)),
            "jwt: no key of its algorithm and id");
}

TEST(api_jwt, malformed_tokens_are_refused) {
  const jwt_verifier tokens{jwt_key::hs256(std::string{secret})};
  const auto good = api::issue_jwt(jwt_key::hs256(std::string{secret}), jwt_claims{}, 1min);
  for (const std::string& bad :
       {std::string{}, std::string{"."}, std::string{".."}, std::string{"a.b"}, good + ".", good + "=",
        good + " ", "." + good, std::string{"!!.e30.e30"}, part("[]") + ".e30.", part("{") + ".e30."})
    EXPECT_NE(refusal(tokens, bad), "") << bad;
  EXPECT_EQ(refusal(tokens, std::string(16 * 1024 + 1, 'a')), "jwt: larger than 16384 bytes");
  EXPECT_EQ(refusal(tokens, part(R"({"alg":"HS256","crit":["b64"],"b64":false})") + ".e30."),
            "jwt: it has critical headers, of which none is known");
  EXPECT_EQ(refusal(tokens, part(R"({"alg":["HS256"]})") + ".e30."), "jwt: the header's 'alg' is not a text");
  std::string deep;
  for (int i = 0; i != 100; ++i) deep += R"({"a":)";
  EXPECT_EQ(refusal(tokens, part(deep) + ".e30."), "jwt: the header is not a JSON object");
}

TEST(api_jwt, weak_and_wrong_keys_are_refused) {
  EXPECT_THROW(static_cast<void>(jwt_key::hs256("short")), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(jwt_key::rs256(short_rsa_key)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(jwt_key::rs256(ec_key)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(jwt_key::es256(rsa_key)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(jwt_key::es256(p384_key)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(jwt_key::es256("nothing")), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(api::issue_jwt(jwt_key::rs256(rsa_key), jwt_claims{}, 1min)),
               std::invalid_argument);
}

}  // namespace bight::api_jwt_test
