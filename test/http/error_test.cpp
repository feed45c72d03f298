#include <bight/http/error.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace bight::http::error_test {

TEST(http_error, codes_are_of_the_category_of_http) {
  const boost::system::error_code code = errc::bad_framing;
  EXPECT_EQ(std::string(code.category().name()), "bight.http");
  EXPECT_EQ(code, errc::bad_framing);
  EXPECT_NE(code, errc::bad_host);
  EXPECT_TRUE(code.failed());
}

TEST(http_error, every_code_has_a_text_of_its_own) {
  std::set<std::string> texts;
  int count = 0;
  for (int value = 1; value <= static_cast<int>(errc::unsupported_content_coding); ++value, ++count)
    texts.insert(http_category().message(value));
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(texts.count(http_category().message(100000)), 0U);
}

}  // namespace bight::http::error_test
