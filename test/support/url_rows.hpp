// Tables of URLs: what goes in, what comes out.
#pragma once
#include <gtest/gtest.h>
#include <bight/http/error.hpp>
#include <bight/http/url.hpp>
#include <initializer_list>
#include <string_view>

namespace bight::test {

/// The href of an input that is refused.
inline constexpr std::string_view fails;

struct url_row {
  std::string_view input;
  std::string_view href;
};

/// Each input gives that href, or fails; and the href gives itself.
inline void check_urls(std::initializer_list<url_row> rows) {
  for (const auto& [input, href] : rows) {
    const auto parsed = http::url::parse(input);
    if (href.empty()) {
      EXPECT_EQ(parsed.error(), http::errc::invalid_url)
          << input << " gave " << (parsed ? parsed->href() : "");
      continue;
    }
    ASSERT_TRUE(parsed) << input;
    EXPECT_EQ(parsed->href(), href) << input;
    const auto again = http::url::parse(href);
    ASSERT_TRUE(again) << href;
    EXPECT_EQ(again->href(), href);
  }
}

}  // namespace bight::test
