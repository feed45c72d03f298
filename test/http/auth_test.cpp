// basic_auth, bearer_auth, digest_auth: what they accept, and what they send.
#include <bight/http/auth.hpp>

#include <gtest/gtest.h>

#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>

namespace bight::http::auth_test {

using boost::system::system_error;

TEST(auth, basic_is_base64_of_user_and_password) {
  EXPECT_EQ(basic_auth("Aladdin", "open sesame").authorization(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
      << "RFC 7617 2";
  EXPECT_EQ(basic_auth("test", "123\xc2\xa3").authorization(), "Basic dGVzdDoxMjPCow==") << "RFC 7617 2.1";
  EXPECT_EQ(basic_auth("", "").authorization(), "Basic Og==");
  EXPECT_EQ(basic_auth("a", "b:c").authorization(), "Basic YTpiOmM=");
}

TEST(auth, bearer_is_the_token) {
  EXPECT_EQ(bearer_auth("mF_9.B5f-4.1JqM==").authorization(), "Bearer mF_9.B5f-4.1JqM==");
  for (const char* bad : {"", "a b", "a\r\nX: y", "=", "a=b", "\xc3\xbc"})
    EXPECT_THROW(bearer_auth{bad}, system_error) << bad;
}

TEST(auth, what_a_scheme_cannot_express_is_refused_without_showing_it) {
  for (const char* user : {"a:b", "a\nb", "\x7f"}) {
    EXPECT_THROW(basic_auth(user, "secret"), system_error) << user;
    EXPECT_THROW(digest_auth(user, "secret"), system_error) << user;
  }
  try {
    const basic_auth who("ann", "sec\nret");
    ADD_FAILURE();
  } catch (const system_error& e) {
    EXPECT_EQ(e.code(), errc::invalid_credentials);
    EXPECT_EQ(std::string{e.what()}.find("sec"), std::string::npos) << e.what();
  }
}

}  // namespace bight::http::auth_test
