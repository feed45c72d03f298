#include "http/auth/challenge.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bight::http::auth_detail::challenge_test {

// The challenges of a field, readable.
std::string parsed(std::string_view field) {
  std::vector<challenge> found;
  parse_challenges(field, found);
  std::string out;
  for (const challenge& c : found) {
    out += '[' + c.scheme;
    if (!c.token68.empty()) out += " <" + c.token68 + '>';
    for (const auto& [name, value] : c.parameters) out += ' ' + name + '=' + value;
    out += ']';
  }
  return out;
}

TEST(challenge, one_with_parameters) {
  EXPECT_EQ(parsed("Basic realm=\"WallyWorld\", charset=\"UTF-8\""),
            "[Basic realm=WallyWorld charset=UTF-8]");
  EXPECT_EQ(parsed("Bearer realm = example ,error=\"invalid_token\""),
            "[Bearer realm=example error=invalid_token]");
  EXPECT_EQ(parsed("Basic"), "[Basic]");
  EXPECT_EQ(parsed("  Negotiate  "), "[Negotiate]");
}

TEST(challenge, several_in_one_field) {
  EXPECT_EQ(parsed("Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\""),
            "[Newauth realm=apps type=1 title=Login to \"apps\"][Basic realm=simple]")
      << "RFC 9110 11.6.1";
  EXPECT_EQ(parsed("Negotiate, NTLM, Basic realm=x"), "[Negotiate][NTLM][Basic realm=x]");
  EXPECT_EQ(parsed(", ,Digest a=1,, b=2 ,, Basic"), "[Digest a=1 b=2][Basic]");
}

TEST(challenge, tokens) {
  EXPECT_EQ(parsed("Negotiate abc+/==, Basic realm=\"a, b\""), "[Negotiate <abc+/==>][Basic realm=a, b]");
  EXPECT_EQ(parsed("Negotiate a=, Basic"), "[Negotiate <a=>][Basic]");
}

TEST(challenge, malformed_parts_are_skipped) {
  EXPECT_EQ(parsed(""), "");
  EXPECT_EQ(parsed("=x, \"quoted\", Basic realm=a"), "[Basic realm=a]");
  EXPECT_EQ(parsed("Basic realm=\"unterminated"), "[Basic]");
  EXPECT_EQ(parsed("Basic realm=\"a\"rubbish, b=2"), "[Basic realm=a b=2]");
  EXPECT_EQ(parsed("Basic @, realm=a"), "[Basic realm=a]");
}

TEST(challenge, parameters_are_found_ignoring_case) {
  std::vector<challenge> found;
  parse_challenges("Digest Realm=\"a\", realm=\"b\"", found);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].get("REALM"), "a");
  EXPECT_FALSE(found[0].get("nonce"));
}

TEST(challenge, authentication_info) {
  const auto info = parse_auth_parameters("nextnonce=\"abc\", qop=auth, , nc=00000001");
  EXPECT_EQ(info.get("nextnonce"), "abc");
  EXPECT_EQ(info.get("nc"), "00000001");
}

}  // namespace bight::http::auth_detail::challenge_test
