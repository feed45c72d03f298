// exception_group: several errors as one.
#include <bight/core/exception_group.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <bight/core/cancel.hpp>
#include <bight/core/error.hpp>

#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace bight::exception_group_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

static_assert(std::is_base_of_v<std::exception, exception_group>);
static_assert(std::is_nothrow_copy_constructible_v<exception_group>);

template <class E>
std::exception_ptr error(const char* what) {
  return std::make_exception_ptr(E(what));
}

// outer: logic, [inner: runtime 1, runtime 2], runtime 3
exception_group sample() {
  std::vector<std::exception_ptr> inner{error<std::runtime_error>("one"), error<std::runtime_error>("two")};
  std::vector<std::exception_ptr> outer{error<std::logic_error>("zero"),
                                        std::make_exception_ptr(exception_group("inner", std::move(inner))),
                                        error<std::runtime_error>("three")};
  return exception_group("outer", std::move(outer));
}

std::vector<std::string> texts(const exception_group& group) {
  std::vector<std::string> all;
  for (const auto& e : group.flatten()) all.push_back(describe(e));
  return all;
}

TEST(exception_group, keeps_message_and_errors) {
  const auto group = sample();
  EXPECT_EQ(group.message(), "outer");
  EXPECT_EQ(group.errors().size(), 3U);
  EXPECT_THAT(describe(group.errors()[1]), HasSubstr("inner"));
}

TEST(exception_group, what_is_a_tree) {
  EXPECT_STREQ(sample().what(),
               "outer (3 errors)\n"
               "  zero\n"
               "  inner (2 errors)\n"
               "    one\n"
               "    two\n"
               "  three");
}

TEST(exception_group, what_indents_texts_of_several_lines) {
  const exception_group group("g", {error<std::runtime_error>("first\nsecond")});
  EXPECT_STREQ(group.what(), "g (1 error)\n  first\n  second");
}

TEST(exception_group, what_stays_valid_in_copies) {
  const char* text = nullptr;
  exception_group copy("empty", {});
  {
    const auto group = sample();
    copy = group;
    text = group.what();
  }
  EXPECT_EQ(copy.what(), text);
  EXPECT_THAT(text, HasSubstr("three"));
}

TEST(exception_group, flatten_opens_nested_groups_in_order) {
  EXPECT_THAT(texts(sample()), ElementsAre("zero", "one", "two", "three"));
}

TEST(exception_group, split_by_type_keeps_the_nesting) {
  const auto [runtime, rest] = sample().split<std::runtime_error>();
  ASSERT_TRUE(runtime);
  ASSERT_TRUE(rest);
  EXPECT_STREQ(runtime->what(), "outer (2 errors)\n  inner (2 errors)\n    one\n    two\n  three");
  EXPECT_STREQ(rest->what(), "outer (1 error)\n  zero");
}

TEST(exception_group, split_divides_nested_groups) {
  const auto [ones, rest] = sample().split([](const std::exception_ptr& e) { return describe(e) == "one"; });
  ASSERT_TRUE(ones);
  ASSERT_TRUE(rest);
  EXPECT_THAT(texts(*ones), ElementsAre("one"));
  EXPECT_THAT(texts(*rest), ElementsAre("zero", "two", "three"));
  EXPECT_EQ(rest->errors().size(), 3U);
}

TEST(exception_group, split_gives_nothing_where_there_is_nothing) {
  const auto [none, all] = sample().split<std::bad_alloc>();
  EXPECT_FALSE(none);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->flatten().size(), 4U);
  const auto [every, nothing] = sample().split<std::exception>();
  EXPECT_TRUE(every);
  EXPECT_FALSE(nothing);
}

TEST(exception_group, split_matches_base_classes) {
  const exception_group group("g", {std::make_exception_ptr(timeout_error{}), error<std::logic_error>("x")});
  const auto [matching, rest] = group.split<boost::system::system_error>();
  ASSERT_TRUE(matching);
  EXPECT_EQ(matching->errors().size(), 1U);
  ASSERT_TRUE(rest);
}

TEST(exception_group, for_each_visits_matching_leaves_in_order) {
  std::vector<std::string> seen;
  const auto count = sample().for_each<std::runtime_error>(
      [&](const std::runtime_error& e) { seen.emplace_back(e.what()); });
  EXPECT_EQ(count, 3U);
  EXPECT_THAT(seen, ElementsAre("one", "two", "three"));
  EXPECT_EQ(sample().for_each<std::bad_alloc>([](const std::bad_alloc&) {}), 0U);
}

TEST(exception_group, for_each_does_not_swallow_what_the_function_throws) {
  EXPECT_THROW(
      sample().for_each<std::runtime_error>([](const std::runtime_error&) { throw std::bad_alloc(); }),
      std::bad_alloc);
}

TEST(exception_group, describe_says_what_any_error_is) {
  EXPECT_EQ(describe(error<std::runtime_error>("text")), "text");
  const auto here = std::source_location::current();
  const cancelled_error cancelled(cancel_reason::request, here, "queue::get");
  EXPECT_EQ(describe(std::make_exception_ptr(cancelled)), cancelled.describe());
  EXPECT_FALSE(describe(std::make_exception_ptr(17)).empty());
  EXPECT_FALSE(describe(nullptr).empty());
}

}  // namespace bight::exception_group_test
