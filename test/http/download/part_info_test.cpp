// What is remembered about a partial file.
#include "http/download/part_info.hpp"

#include <gtest/gtest.h>
#include <string>

namespace bight::http::detail::part_info_test {

TEST(part_info, text_is_read_back) {
  part_info info;
  info.url = "http://a/b c";
  info.validator = "\"a b\"";
  info.size = 5;
  const auto back = part_info::parse(info.to_text());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->url, info.url);
  EXPECT_EQ(back->validator, info.validator);
  EXPECT_EQ(back->size, 5U);
}

TEST(part_info, what_is_not_such_a_text_is_refused) {
  for (const auto* const text :
       {"", "x", "bight download 2\nurl x\nvalidator y\n", "bight download 1\nurl x\n",
        "bight download 1\nvalidator y\n", "bight download 1\nurl x\nvalidator y\nsize 5x\n",
        "bight download 1\nurl x\nvalidator y\nsize -1\n"})
    EXPECT_FALSE(part_info::parse(text)) << text;
}

TEST(part_info, an_url_loses_its_credentials_and_fragment) {
  EXPECT_EQ(part_info::url_text(url{"http://me:secret@a/b?c#d"}), "http://a/b?c");
}

std::string validator(std::string_view etag, std::string_view modified = {}, std::string_view date = {}) {
  headers h;
  if (!etag.empty()) h.append("ETag", etag);
  if (!modified.empty()) h.append("Last-Modified", modified);
  if (!date.empty()) h.append("Date", date);
  return part_info::validator_of(h);
}

TEST(part_info, only_strong_validators_count) {
  constexpr auto noon = "Sun, 06 Nov 1994 12:00:00 GMT";
  constexpr auto later = "Sun, 06 Nov 1994 12:00:01 GMT";
  EXPECT_EQ(validator("\"x\""), "\"x\"");
  EXPECT_EQ(validator("W/\"x\""), "");
  EXPECT_EQ(validator("x"), "");
  EXPECT_EQ(validator("", noon, later), noon);
  EXPECT_EQ(validator("W/\"x\"", noon, later), noon);
  EXPECT_EQ(validator("", noon, noon), "") << "it may change again in this second";
  EXPECT_EQ(validator("", noon), "");
  EXPECT_EQ(validator("", "yesterday", later), "");
}

TEST(content_range, is_read) {
  const auto range = content_range::parse("bytes 1-2/10");
  ASSERT_TRUE(range);
  EXPECT_TRUE(range->satisfied);
  EXPECT_EQ(range->first, 1U);
  EXPECT_EQ(range->last, 2U);
  EXPECT_EQ(range->size, 10U);
  EXPECT_FALSE(content_range::parse("bytes 1-2/*")->size);
  EXPECT_FALSE(content_range::parse("bytes */10")->satisfied);
  for (const auto* const text :
       {"", "bytes", "bytes 1-2", "bytes 2-1/10", "bytes 1-10/10", "bytes */*", "bytes -2/10", "lines 1-2/10",
        "bytes 1-2/x", "bytes 1-99999999999999999999/*"})
    EXPECT_FALSE(content_range::parse(text)) << text;
}

}  // namespace bight::http::detail::part_info_test
