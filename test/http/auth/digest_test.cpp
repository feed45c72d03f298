// Digest authentication: the examples of the RFCs, which challenge is answered, and how often.
#include "http/auth/digest.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bight::http::auth_detail::digest_test {

std::vector<challenge> parsed(std::string_view field) {
  std::vector<challenge> out;
  parse_challenges(field, out);
  return out;
}

constexpr const char* rfc7616_nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
constexpr const char* rfc7616_cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

std::string rfc7616_answer(const std::string& algorithm) {
  digest_session session{digest_auth("Mufasa", "Circle of Life")};
  session.challenged(
      parsed("Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=" + algorithm +
             ", nonce=\"" + rfc7616_nonce + "\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""),
      0);
  session.set_client_nonce(rfc7616_cnonce);
  return session.authorization("GET", "/dir/index.html");
}

TEST(digest, example_of_rfc_7616_with_sha_256) {
  EXPECT_EQ(rfc7616_answer("SHA-256"),
            "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
            "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
            "uri=\"/dir/index.html\", algorithm=SHA-256, "
            "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", qop=auth, nc=00000001, "
            "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", "
            "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"");
}

TEST(digest, example_of_rfc_7616_with_md5) {
  EXPECT_NE(rfc7616_answer("MD5").find("response=\"8ca523f5e9506fed4657c9700eebdbec\""), std::string::npos);
}

TEST(digest, example_of_rfc_2617) {
  digest_session session{digest_auth("Mufasa", "Circle Of Life")};
  EXPECT_TRUE(session.challenged(
      parsed("Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
             "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""),
      0));
  session.set_client_nonce("0a4f113b");
  const auto value = session.authorization("GET", "/dir/index.html");
  EXPECT_NE(value.find("response=\"6629fae49393a05397450978507c4ef1\""), value.npos) << value;
  EXPECT_EQ(value.find("algorithm"), value.npos) << "not sent unless the server does";
}

TEST(digest, without_qop_as_in_rfc_2069) {
  digest_session session{digest_auth("Mufasa", "CircleOfLife")};
  session.challenged(
      parsed("Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\""), 0);
  const auto value = session.authorization("GET", "/dir/index.html");
  EXPECT_NE(value.find("response=\"1949323746fe6a43ef61f9606e7febea\""), value.npos)
      << value << " RFC 2069, erratum 749";
  EXPECT_EQ(value.find("nc="), value.npos);
  EXPECT_EQ(value.find("cnonce"), value.npos);
}

TEST(digest, sess_hashes_the_nonces_too) {
  digest_session session{digest_auth("u", "p")};
  session.challenged(parsed("Digest realm=\"r\", nonce=\"n\", qop=auth, algorithm=MD5-sess"), 0);
  session.set_client_nonce("c");
  const auto md5 = [](const std::string& text) { return digest_hash(digest_algorithm::md5, text); };
  const auto first = md5(md5("u:r:p") + ":n:c");
  const auto expected = [&](const char* count, const char* nonce) {
    return "response=\"" + md5(first + ':' + nonce + ':' + count + ":c:auth:" + md5("GET:/")) + '"';
  };
  EXPECT_NE(session.authorization("GET", "/").find(expected("00000001", "n")), std::string::npos);
  EXPECT_NE(session.authorization("GET", "/").find(expected("00000002", "n")), std::string::npos);
  session.authenticated("nextnonce=\"m\"");
  EXPECT_NE(session.authorization("GET", "/").find(expected("00000001", "m")), std::string::npos)
      << "the first nonce stays in the session's key";
}

TEST(digest, hashes) {
  EXPECT_EQ(digest_hash(digest_algorithm::md5, "abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(digest_hash(digest_algorithm::sha256_sess, "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(digest, the_strongest_algorithm_is_chosen) {
  const auto chosen = [](std::string_view field) {
    const auto found = digest_challenge::choose(parsed(field));
    return found ? found->realm : "none";
  };
  EXPECT_EQ(chosen("Digest realm=a, nonce=n, algorithm=MD5, Digest realm=b, nonce=n, algorithm=SHA-256"),
            "b");
  EXPECT_EQ(
      chosen("Digest realm=a, nonce=n, algorithm=sha-256-sess, Digest realm=b, nonce=n, algorithm=SHA-256"),
      "a");
  EXPECT_EQ(chosen("Digest realm=a, nonce=n, algorithm=SHA-512-256, digest realm=b, nonce=n"), "b");
  EXPECT_EQ(chosen("Basic realm=a, Bearer"), "none");
}

TEST(digest, challenges_that_cannot_be_answered) {
  for (const char* field :
       {"Digest realm=a, nonce=n, qop=auth-int", "Digest realm=a, nonce=n, algorithm=token", "Digest realm=a",
        "Digest nonce=n", "Basic realm=a"}) {
    digest_session session{digest_auth("u", "p")};
    EXPECT_FALSE(session.challenged(parsed(field), 0)) << field;
    EXPECT_EQ(session.authorization("GET", "/"), "") << field;
  }
  EXPECT_TRUE(digest_challenge::choose(parsed("Digest realm=a, nonce=n, qop=\"auth-int, auth\"")));
}

TEST(digest, a_wrong_password_is_not_tried_twice) {
  digest_session session{digest_auth("u", "p")};
  EXPECT_TRUE(session.challenged(parsed("Digest realm=a, nonce=1, qop=auth"), 0));
  static_cast<void>(session.authorization("GET", "/"));
  EXPECT_FALSE(session.challenged(parsed("Digest realm=a, nonce=2, qop=auth"), 1));
}

TEST(digest, a_stale_nonce_is_replaced) {
  digest_session session{digest_auth("u", "p")};
  EXPECT_TRUE(session.challenged(parsed("Digest realm=a, nonce=1, qop=auth"), 0));
  static_cast<void>(session.authorization("GET", "/"));
  EXPECT_TRUE(session.challenged(parsed("Digest realm=a, nonce=2, qop=auth, stale=TRUE"), 1));
  const auto value = session.authorization("GET", "/");
  EXPECT_NE(value.find("nonce=\"2\""), value.npos);
  EXPECT_NE(value.find("nc=00000001"), value.npos);
  EXPECT_FALSE(session.challenged(parsed("Digest realm=a, nonce=3, qop=auth, stale=true"), 3))
      << "not for ever";
}

TEST(digest, a_nonce_that_served_before_may_be_too_old_without_saying_so) {
  digest_session session{digest_auth("u", "p")};
  EXPECT_TRUE(session.challenged(parsed("Digest realm=a, nonce=1, qop=auth"), 0));
  for (int i = 0; i != 2; ++i) static_cast<void>(session.authorization("GET", "/"));
  EXPECT_TRUE(session.challenged(parsed("Digest realm=a, nonce=2, qop=auth"), 1));
}

TEST(digest, userhash_hides_the_user_name) {
  digest_session session{digest_auth("J\xc3\xa4s\xc3\xb8n Doe", "Secret, or not?")};
  session.challenged(
      parsed("Digest realm=\"api@example.org\", qop=auth, algorithm=SHA-256, nonce=n, userhash=true"), 0);
  const auto value = session.authorization("GET", "/doe.json");
  EXPECT_NE(
      value.find("username=\"" +
                 digest_hash(digest_algorithm::sha256, "J\xc3\xa4s\xc3\xb8n Doe:api@example.org") + '"'),
      value.npos);
  EXPECT_NE(value.find("userhash=true"), value.npos);
}

TEST(digest, names_that_are_not_ascii_are_sent_in_the_extended_form) {
  digest_session session{digest_auth("J\xc3\xa4s\xc3\xb8n Doe", "x")};
  session.challenged(parsed("Digest realm=a, qop=auth, nonce=n"), 0);
  const auto value = session.authorization("GET", "/");
  EXPECT_NE(value.find("username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, "), value.npos) << value;
}

TEST(digest, quotes_are_escaped) {
  digest_session session{digest_auth("a\"b\\", "x")};
  session.challenged(parsed("Digest realm=\"r\\\"s\", qop=auth, nonce=n"), 0);
  const auto value = session.authorization("GET", "/");
  EXPECT_NE(value.find("username=\"a\\\"b\\\\\", realm=\"r\\\"s\""), value.npos) << value;
}

TEST(digest, client_nonces_differ) {
  std::string last;
  for (int i = 0; i != 3; ++i) {
    digest_session session{digest_auth("u", "p")};
    session.challenged(parsed("Digest realm=a, nonce=1, qop=auth"), 0);
    const auto value = session.authorization("GET", "/");
    EXPECT_NE(value, last);
    last = value;
  }
}

}  // namespace bight::http::auth_detail::digest_test
