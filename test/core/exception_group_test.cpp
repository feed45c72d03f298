// exception_group: several errors as one.
#include <bight/core/exception_group.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <bight/core/cancel.hpp>
#include <bight/core/error.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/task_group.hpp>

#include <functional>
#include <map>
#include <regex>
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
               "  std::logic_error: zero\n"
               "  inner (2 errors)\n"
               "    std::runtime_error: one\n"
               "    std::runtime_error: two\n"
               "  std::runtime_error: three");
}

TEST(exception_group, what_indents_texts_of_several_lines) {
  const exception_group group("g", {error<std::runtime_error>("first\nsecond")});
  EXPECT_STREQ(group.what(), "g (1 error)\n  std::runtime_error: first\n  second");
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
  EXPECT_STREQ(runtime->what(),
               "outer (2 errors)\n  inner (2 errors)\n    std::runtime_error: one\n    std::runtime_error: "
               "two\n  std::runtime_error: three");
  EXPECT_STREQ(rest->what(), "outer (1 error)\n  std::logic_error: zero");
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

// What a group says of `run`, with the lines of this file as "#".
std::string text_of(const std::function<awaitable<void>(task_group&)>& body) {
  std::string text;
  try {
    bight::run([&]() -> awaitable<void> { co_await task_group::run(body); });
  } catch (const exception_group& e) { text = std::regex_replace(e.what(), std::regex(":[0-9]+"), ":#"); }
  return text;
}

awaitable<void> looks_up(int key) {
  const std::map<int, int> empty;
  co_await yield();
  static_cast<void>(empty.at(key));
}
awaitable<void> throws_int(int a, int b, int c, int d) { throw a + b + c + d; }

TEST(exception_group, of_a_task_group_says_of_each_error_its_type_its_task_and_where_that_was_spawned) {
  const std::string text = text_of([](task_group& group) -> awaitable<void> {
    group.spawn(looks_up, 3);
    group.spawn([]() -> awaitable<void> { return looks_up(4); }).detach();
    group.spawn(named("reader", looks_up), 3);
    group.spawn(throws_int, 1, 2, 3, 4);
    co_return;
  });
  EXPECT_EQ(text,
            "errors in a task group (4 errors)\n"
            "  an exception of type int\n"
            "    in task-5\n"
            "  std::out_of_range: map::at\n"
            "    in task-2, spawned at exception_group_test.cpp:#\n"
            "  std::out_of_range: map::at\n"
            "    in task-3, spawned at exception_group_test.cpp:#\n"
            "  std::out_of_range: map::at\n"
            "    in reader, spawned at exception_group_test.cpp:#");
}

TEST(exception_group, of_a_task_group_names_its_body) {
  const std::string text = text_of([](task_group&) -> awaitable<void> {
    throw std::runtime_error("body");
    co_return;
  });
  EXPECT_EQ(text,
            "errors in a task group (1 error)\n"
            "  std::runtime_error: body\n"
            "    in the body of the group, task-1");
}

TEST(exception_group, keeps_what_is_known_of_its_errors_when_it_is_nested_and_split) {
  const exception_group group("g", {error<std::logic_error>("zero"), error<std::runtime_error>("one")},
                              {"in task-1", "in task-2"});
  EXPECT_STREQ(
      group.what(),
      "g (2 errors)\n  std::logic_error: zero\n    in task-1\n  std::runtime_error: one\n    in task-2");
  const exception_group outer("outer", {std::make_exception_ptr(group)}, {"in task-3"});
  const auto [logic, rest] = outer.split<std::logic_error>();
  EXPECT_STREQ(logic->what(),
               "outer (1 error)\n  g (1 error)\n    in task-3\n    std::logic_error: zero\n      in task-1");
  EXPECT_STREQ(rest->what(),
               "outer (1 error)\n  g (1 error)\n    in task-3\n    std::runtime_error: one\n      in task-2");
}

TEST(exception_group, contains_looks_at_every_leaf) {
  const auto group = sample();
  EXPECT_TRUE(group.contains<std::runtime_error>());
  EXPECT_TRUE(group.contains<std::exception>());
  EXPECT_FALSE(group.contains<std::out_of_range>());
  EXPECT_FALSE(group.contains<exception_group>()) << "a group is no leaf";
}

TEST(is, tells_the_type_of_an_error) {
  const auto e = error<std::out_of_range>("here");
  EXPECT_TRUE(is<std::out_of_range>(e));
  EXPECT_TRUE(is<std::logic_error>(e));
  EXPECT_FALSE(is<std::runtime_error>(e));
  EXPECT_FALSE(is<std::exception>(nullptr));
  EXPECT_TRUE(is<cancelled_error>(std::make_exception_ptr(cancelled_error{cancel_reason::request, {}, "x"})));
}

}  // namespace bight::exception_group_test
