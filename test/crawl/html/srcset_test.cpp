#include "crawl/html/srcset.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl::html::srcset_test {

std::vector<std::string> urls(std::string_view srcset) {
  std::vector<std::string> found;
  for (auto url = next_srcset_url(srcset); !url.empty(); url = next_srcset_url(srcset))
    found.emplace_back(url);
  return found;
}
using list = std::vector<std::string>;

TEST(srcset, splits_candidates) {
  EXPECT_EQ(urls("a.png 1x, b.png 2x,c.png 640w"), (list{"a.png", "b.png", "c.png"}));
}
TEST(srcset, needs_no_descriptors) { EXPECT_EQ(urls("a.png"), list{"a.png"}); }
TEST(srcset, keeps_commas_inside_a_url) {
  EXPECT_EQ(urls("a,b.png 1x, data:image/png;base64,AA== 2x"),
            (list{"a,b.png", "data:image/png;base64,AA=="}));
  EXPECT_EQ(urls("a.png,b.png"), list{"a.png,b.png"});
}
TEST(srcset, ends_a_url_at_trailing_commas) {
  EXPECT_EQ(urls("a.png, b.png,,, c.png"), (list{"a.png", "b.png", "c.png"}));
}
TEST(srcset, skips_empty_candidates) {
  EXPECT_EQ(urls(" , ,\n\ta.png 1x,, b.png ,"), (list{"a.png", "b.png"}));
}
TEST(srcset, does_not_split_inside_parentheses) {
  EXPECT_EQ(urls("a.png x(1, c.png 2x), b.png"), (list{"a.png", "b.png"}));
}
TEST(srcset, survives_open_parentheses) { EXPECT_EQ(urls("a.png x(1, b.png"), list{"a.png"}); }
TEST(srcset, is_empty_without_candidates) {
  EXPECT_EQ(urls(""), list{});
  EXPECT_EQ(urls(" ,, "), list{});
}

}  // namespace bight::crawl::html::srcset_test
