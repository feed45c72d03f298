#include <bight/pg/range.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace bight::pg::range_test {

TEST(pg_range, contains_what_is_between_its_bounds) {
  const range<int> half_open{1, 10};
  EXPECT_FALSE(half_open.contains(0));
  EXPECT_TRUE(half_open.contains(1));
  EXPECT_TRUE(half_open.contains(9));
  EXPECT_FALSE(half_open.contains(10));
  EXPECT_TRUE(range<int>::closed(1, 10).contains(10));
  EXPECT_FALSE(range<int>::none().contains(5));
  EXPECT_TRUE(range<int>{}.contains(5));
  const range<int> below{std::nullopt, 10};
  EXPECT_TRUE(below.contains(-1000));
  EXPECT_FALSE(below.contains(10));
  auto open = half_open;
  open.lower_inclusive = false;
  EXPECT_FALSE(open.contains(1));
  EXPECT_TRUE(open.contains(2));
}

TEST(pg_range, what_has_no_meaning_does_not_count_for_equality) {
  auto a = range<int>::none(), b = range<int>{1, 2};
  b.empty = true;
  EXPECT_EQ(a, b);
  EXPECT_FALSE((range<int>{1, 2} == range<int>::closed(1, 2)));
  range<int> unbounded, other;
  other.upper_inclusive = true;
  EXPECT_EQ(unbounded, other);
  EXPECT_FALSE(unbounded == range<int>::none());
}

}  // namespace bight::pg::range_test
