// Patterns, without a file system.
#include "fs/detail/glob_pattern.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace bight::fs::detail::glob_pattern_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::string_view_literals;

bool matches(std::string_view pattern, std::string_view name) { return glob_part{pattern}.matches(name); }

// What fnmatch.fnmatchcase of Python 3.11 says.
TEST(fs_glob_part, matches_as_python_does) {
  const struct {
    std::string_view pattern;
    std::string_view name;
    bool match;
  } cases[] = {
      {"abc", "abc", true},    {"abc", "abcd", false}, {"*", "", true},          {"?", "", false},
      {"?*?", "a", false},     {"?*?", "ab", true},    {"*a*b*", "xaxbx", true}, {"*ab", "aab", true},
      {"*ab", "abab", true},   {"*ab", "aba", false},  {"a*?c", "abc", true},    {"a*?c", "ac", false},
      {"**", "abc", true},     {"a***b", "ab", true},  {"[abc]", "b", true},     {"[abc]", "d", false},
      {"[!abc]", "d", true},   {"[!abc]", "a", false}, {"[!abc]", "", false},    {"[a-c]x", "bx", true},
      {"[a-c]x", "dx", false}, {"[c-a]", "b", false},  {"[!c-a]", "b", true},    {"[-a]", "-", true},
      {"[a-]", "-", true},     {"[a-]", "b", false},   {"[a-b-c]", "-", true},   {"[a-b-c]", "c", true},
      {"[--0]", ".", true},    {"[--0]", "1", false},  {"[]]", "]", true},       {"[]-a]", "^", true},
      {"[!]]", "]", false},    {"[!]]", "a", true},    {"[]", "[]", true},       {"[!]", "[!]", true},
      {"a[", "a[", true},      {"a[b", "a[b", true},   {"[[]", "[", true},       {"[^a]", "^", true},
      {"[^a]", "b", false},    {"[a^]", "^", true},    {"\\*", "\\x", true},     {"\\*", "*", false},
      {"[\\]", "\\", true},    {"[*]", "*", true},     {"[*]", "a", false},      {"[?]", "?", true},
      {"a\nb", "a\nb", true},  {"a?b", "a\nb", true},  {"A", "a", false},        {"[a-z]", "A", false},
      {"[!-a]", "b", true},    {"[!-a]", "-", false},  {"[ab-a-c]", "-", true},  {"*[0-9]", "x12", true},
  };
  for (const auto& c : cases)
    EXPECT_EQ(matches(c.pattern, c.name), c.match) << c.pattern << " and " << c.name;
}

TEST(fs_glob_part, counts_characters_of_utf_8) {
  EXPECT_TRUE(matches("?", "\xC3\xA9"));
  EXPECT_TRUE(matches("??", "\xE2\x82\xAC\xF0\x9F\x98\x80"));
  EXPECT_FALSE(matches("??", "\xC3\xA9"));
  EXPECT_TRUE(matches("[\xC3\xA0-\xC3\xBF]", "\xC3\xA9"));
  EXPECT_FALSE(matches("[\xC3\xA0-\xC3\xBF]", "a"));
  EXPECT_FALSE(matches("*\xA9", "\xC3\xA9"));  // half a character is none
  // Bytes that are no characters count as one each: lone ones, surrogates, what is too long or too large.
  EXPECT_TRUE(matches("?", "\xFF"));
  EXPECT_TRUE(matches("??", "\xC3("));
  EXPECT_TRUE(matches("???", "\xED\xA0\x80"));
  EXPECT_TRUE(matches("??", "\xC0\x80"));
  EXPECT_TRUE(matches("???", "\xE0\x80\x80"));
  EXPECT_TRUE(matches("????", "\xF4\x90\x80\x80"));
  EXPECT_TRUE(matches("????", "\xF0\x80\x80\x80"));
  EXPECT_TRUE(matches("??", "\xE2\x82"));
  EXPECT_TRUE(matches("\xFF*", "\xFF\xFE"));
  EXPECT_FALSE(matches("\xFF", "\xFE"));
}

// With every way tried in turn this would take longer than the universe is old.
TEST(fs_glob_part, takes_no_time_for_many_stars) {
  std::string pattern;
  for (int i = 0; i != 500; ++i) pattern += "a*";
  pattern += 'b';
  const std::string name(255, 'a');
  EXPECT_FALSE(matches(pattern, name));
  std::string fits;
  for (int i = 0; i != 100; ++i) fits += "*a?";
  EXPECT_TRUE(matches(fits, name));
  EXPECT_FALSE(matches(fits + "b*", name));
}

std::vector<std::string> parts_of(const glob_pattern& p) {
  std::vector<std::string> all;
  for (const auto& part : p.parts()) all.push_back(part.text());
  return all;
}

TEST(fs_glob_pattern, has_a_prefix_and_parts) {
  const auto check = [](const char* text, const char* prefix, const std::vector<std::string>& parts) {
    const glob_pattern p{text};
    EXPECT_EQ(p.prefix(), prefix) << text;
    EXPECT_EQ(parts_of(p), parts) << text;
    EXPECT_EQ(p.text(), text);
  };
  check("", "", {});
  check("a//b/", "a//b/", {});
  check("*", "", {"*"});
  check("a//b//*", "a//b", {"*"});
  check("/*/x", "/", {"*", "x"});
  check("//*", "//", {"*"});
  check(".//a/[b//c", ".//a", {"[b", "c"});
  check("a/x*//y//", "a", {"x*", "y"});
  check("**/**//**/a/**", "", {"**", "a", "**"});
  check("a**/**a", "", {"a**", "**a"});
  EXPECT_EQ(glob_pattern{"ab/c*//d"}.parts()[1].place(), 7U);
  EXPECT_TRUE(glob_pattern{"a*/"}.directories_only());
  EXPECT_FALSE(glob_pattern{"a*"}.directories_only());
  EXPECT_TRUE(glob_pattern{"a/**"}.matches_prefix());
  EXPECT_FALSE(glob_pattern{"a/**/b"}.matches_prefix());
}

TEST(fs_glob_pattern, follows_names) {
  const glob_pattern p{"**/a/**"};
  const auto top = p.begin();
  EXPECT_THAT(top, ElementsAre(0U, 1U));
  glob_step step;
  p.follow(top, "x", step);
  EXPECT_FALSE(step.matches);
  EXPECT_THAT(step.inside, ElementsAre(0U, 1U));
  EXPECT_THAT(step.inside_link, IsEmpty());
  p.follow(top, "a", step);
  EXPECT_FALSE(step.matches);
  EXPECT_TRUE(step.matches_as_directory);
  EXPECT_THAT(step.inside, ElementsAre(0U, 1U, 2U));
  EXPECT_THAT(step.inside_link, ElementsAre(2U));
  const auto below = step.inside;
  p.follow(below, "y", step);
  EXPECT_TRUE(step.matches);
  p.follow(below, ".y", step);
  EXPECT_FALSE(step.matches);
  EXPECT_THAT(step.inside, IsEmpty());
  p.follow_literal(top, "a", step);
  EXPECT_THAT(step.inside, ElementsAre(2U));
}

TEST(fs_glob_pattern, treats_dots_as_it_is_told) {
  const auto matches_name = [](const char* pattern, const char* name, bool hidden) {
    const glob_pattern p{pattern, hidden};
    glob_step step;
    p.follow(p.begin(), name, step);
    return step.matches;
  };
  for (const char* const pattern : {"*", "?a", "[.]a", "**"}) {
    EXPECT_FALSE(matches_name(pattern, ".a", false)) << pattern;
    EXPECT_TRUE(matches_name(pattern, ".a", true)) << pattern;
  }
  for (const bool hidden : {false, true}) {
    EXPECT_TRUE(matches_name(".*", ".a", hidden));
    EXPECT_TRUE(matches_name("*", "a", hidden));
    EXPECT_FALSE(matches_name(".*", "a", hidden));
  }
}

TEST(fs_glob_pattern, lists_only_where_a_name_is_not_known) {
  const glob_pattern p{"*/a/[b]"};
  EXPECT_TRUE(p.must_list({0}));
  EXPECT_FALSE(p.must_list({1}));
  EXPECT_TRUE(p.must_list({1, 2}));
}

}  // namespace bight::fs::detail::glob_pattern_test
