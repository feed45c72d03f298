#include <bight/http/error.hpp>

#include <gtest/gtest.h>
#include <bight/core/error.hpp>

#include <set>
#include <string>

namespace bight::http::error_test {

constexpr int last = static_cast<int>(errc::malformed_multipart);

TEST(http_error, codes_are_of_the_category_of_http) {
  const boost::system::error_code code = errc::bad_framing;
  EXPECT_EQ(std::string(code.category().name()), "bight.http");
  EXPECT_EQ(code, errc::bad_framing);
  EXPECT_NE(code, errc::bad_host);
  EXPECT_TRUE(code.failed());
}

TEST(http_error, transient_are_cut_connections_and_statuses_that_say_so) {
  const std::set<errc> transient_ones{errc::truncated, errc::server_closed, errc::temporary_status,
                                      errc::proxy_unavailable};
  for (int value = 1; value <= last; ++value) {
    const auto e = static_cast<errc>(value);
    EXPECT_EQ(make_error_code(e) == transient, transient_ones.count(e) != 0) << make_error_code(e).message();
  }
}

TEST(http_error, every_code_has_a_text_of_its_own) {
  std::set<std::string> texts;
  int count = 0;
  for (int value = 1; value <= last; ++value, ++count) texts.insert(http_category().message(value));
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(texts.count(http_category().message(100000)), 0U);
}

}  // namespace bight::http::error_test
