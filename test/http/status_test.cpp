#include <bight/http/status.hpp>

#include <gtest/gtest.h>

namespace bight::http::status_test {

TEST(status, compares_with_names_and_numbers) {
  const status s = 404;
  EXPECT_TRUE(s == status::not_found);
  EXPECT_TRUE(s == 404);
  EXPECT_TRUE(s != status::ok);
  EXPECT_TRUE(s >= 400);
  EXPECT_EQ(status().code(), 200);
}

TEST(status, classes_follow_the_first_digit) {
  EXPECT_TRUE(status(199).is_informational());
  EXPECT_TRUE(status(299).is_success());
  EXPECT_TRUE(status(308).is_redirection());
  EXPECT_TRUE(status(499).is_client_error());
  EXPECT_TRUE(status(599).is_server_error());
  EXPECT_FALSE(status(600).is_server_error());
}

TEST(status, some_never_have_a_body) {
  for (const int code : {100, 101, 103, 204, 304}) EXPECT_TRUE(status(code).forbids_body()) << code;
  for (const int code : {200, 205, 206, 301, 404, 500}) EXPECT_FALSE(status(code).forbids_body()) << code;
}

TEST(status, registered_codes_have_a_phrase) {
  EXPECT_EQ(status::continue_.reason_phrase(), "Continue");
  EXPECT_EQ(status::ok.reason_phrase(), "OK");
  EXPECT_EQ(status::not_found.reason_phrase(), "Not Found");
  EXPECT_EQ(status::content_too_large.reason_phrase(), "Content Too Large");
  EXPECT_EQ(status::network_authentication_required.reason_phrase(), "Network Authentication Required");
  EXPECT_EQ(status(299).reason_phrase(), "");
  EXPECT_EQ(status(999).reason_phrase(), "");
}

}  // namespace bight::http::status_test
