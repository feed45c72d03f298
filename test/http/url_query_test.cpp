#include <bight/http/url.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <bight/http/error.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace url_query_test {

namespace http = bight::http;
using http::query_params;
using std::string_view_literals::operator""sv;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

query_params parsed(std::string_view text) { return query_params::parse(text).value(); }

TEST(query_params, pairs_are_split_at_ampersands_and_first_equals_signs) {
  EXPECT_THAT(parsed("a=1&b=2"), ElementsAre(Pair("a", "1"), Pair("b", "2")));
  EXPECT_THAT(parsed("a=b=c"), ElementsAre(Pair("a", "b=c")));
  EXPECT_THAT(parsed("a"), ElementsAre(Pair("a", "")));
  EXPECT_THAT(parsed("a="), ElementsAre(Pair("a", "")));
  EXPECT_THAT(parsed("=a"), ElementsAre(Pair("", "a")));
  EXPECT_THAT(parsed("="), ElementsAre(Pair("", "")));
  EXPECT_THAT(parsed("a;b"), ElementsAre(Pair("a;b", "")));
  EXPECT_THAT(parsed("a=1&a=2"), ElementsAre(Pair("a", "1"), Pair("a", "2")));
}

TEST(query_params, empty_pieces_are_skipped) {
  EXPECT_THAT(parsed(""), IsEmpty());
  EXPECT_THAT(parsed("&"), IsEmpty());
  EXPECT_THAT(parsed("&&a&&b&"), ElementsAre(Pair("a", ""), Pair("b", "")));
}

TEST(query_params, question_mark_is_content) { EXPECT_THAT(parsed("?a=1"), ElementsAre(Pair("?a", "1"))); }

TEST(query_params, plus_and_percent_are_decoded) {
  EXPECT_THAT(parsed("a+b=c+d"), ElementsAre(Pair("a b", "c d")));
  EXPECT_THAT(parsed("%61%3d=%26%2B"), ElementsAre(Pair("a=", "&+")));
  EXPECT_THAT(parsed("a=%zz%"), ElementsAre(Pair("a", "%zz%")));
  EXPECT_THAT(parsed("a=%C3%A9"), ElementsAre(Pair("a", "\xc3\xa9")));
  EXPECT_THAT(parsed("a=%00"), ElementsAre(Pair("a", "\0"sv)));
}

TEST(query_params, malformed_utf8_becomes_the_replacement_character) {
  EXPECT_THAT(parsed("a=%FF"), ElementsAre(Pair("a", "\xef\xbf\xbd")));
  EXPECT_THAT(parsed("%C3=\xe9"), ElementsAre(Pair("\xef\xbf\xbd", "\xef\xbf\xbd")));
}

TEST(query_params, serialisation_encodes_what_forms_encode) {
  EXPECT_EQ((query_params{{"a b", "c&d"}, {"*-._", "~!'()"}}).to_string(), "a+b=c%26d&*-._=%7E%21%27%28%29");
  EXPECT_EQ((query_params{{"\xc3\xa9", "+%"}}).to_string(), "%C3%A9=%2B%25");
  EXPECT_EQ((query_params{{"", ""}, {" ", "  "}}).to_string(), "=&+=++");
  EXPECT_EQ(query_params().to_string(), "");
}

TEST(query_params, serialisation_is_parsed_back) {
  std::string all;
  for (unsigned c = 0; c != 128; ++c) all.push_back(static_cast<char>(c));
  const query_params params{{all, all}, {"x", ""}, {"", "y"}, {all, "\xe2\x82\xac"}};
  EXPECT_EQ(parsed(params.to_string()), params);
}

TEST(query_params, get_gives_the_first_and_get_all_gives_all) {
  const auto params = parsed("a=1&b=2&a=3");
  EXPECT_EQ(params.get("a"), "1");
  EXPECT_EQ(params.get("c"), std::nullopt);
  EXPECT_THAT(params.get_all("a"), ElementsAre("1", "3"));
  EXPECT_THAT(params.get_all("c"), IsEmpty());
  EXPECT_TRUE(params.contains("b"));
  EXPECT_FALSE(params.contains("B"));
  EXPECT_EQ(params.size(), 3U);
  EXPECT_FALSE(params.empty());
}

TEST(query_params, append_keeps_what_is_there) {
  auto params = parsed("a=1");
  params.append("a", "2");
  EXPECT_EQ(params.to_string(), "a=1&a=2");
}

TEST(query_params, set_replaces_the_first_and_removes_the_others) {
  auto params = parsed("a=1&b=2&a=3&c=4&a=5");
  params.set("a", "x");
  EXPECT_EQ(params.to_string(), "a=x&b=2&c=4");
  params.set("d", "y");
  EXPECT_EQ(params.to_string(), "a=x&b=2&c=4&d=y");
}

TEST(query_params, values_of_the_object_itself_may_be_set_and_appended) {
  auto params = parsed("a=a-long-value-that-is-not-stored-in-place&b=another-long-value-not-in-place");
  params.set("a", *params.get("b"));
  EXPECT_EQ(params.get("a"), params.get("b"));
  for (int i = 0; i != 10; ++i) params.append(params.begin()->first, params.begin()->second);
  EXPECT_EQ(params.get_all("a").back(), "another-long-value-not-in-place");
}

TEST(query_params, remove_tells_how_many) {
  auto params = parsed("a=1&b=2&a=3");
  EXPECT_EQ(params.remove("a"), 2U);
  EXPECT_EQ(params.remove("a"), 0U);
  EXPECT_EQ(params.to_string(), "b=2");
}

TEST(query_params, length_and_number_of_pairs_are_bounded) {
  EXPECT_EQ(query_params::parse("a&b&c", {.max_pairs = 2}).error(), http::errc::body_too_large);
  EXPECT_TRUE(query_params::parse("a&b&", {.max_pairs = 2}));
  EXPECT_EQ(query_params::parse("abc", {.max_length = 2}).error(), http::errc::body_too_large);
  EXPECT_TRUE(query_params::parse("ab", {.max_length = 2}));
}

TEST(query_params, changes_the_query_of_a_url) {
  http::url u("http://h/p?page=1&q=x%20y#f");
  auto params = parsed(u.query());
  params.set("page", "2");
  EXPECT_TRUE(u.set_query(params.to_string()));
  EXPECT_EQ(u.href(), "http://h/p?page=2&q=x+y#f");
}

}  // namespace url_query_test
