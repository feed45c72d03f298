// What a command takes, and what it refuses.
#include <bight/core/command.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>

namespace bight::command_test {

using ::testing::HasSubstr;

std::string refusal(const std::function<void()>& f) {
  try {
    f();
  } catch (const std::invalid_argument& e) { return e.what(); }
  return "no error";
}

TEST(command, keeps_the_name_of_the_program) { EXPECT_EQ(command("ls", "-l").program(), "ls"); }

TEST(command, refuses_an_empty_program) {
  EXPECT_THAT(refusal([] { command(""); }), HasSubstr("the program name is empty"));
}

TEST(command, refuses_zero_bytes_which_would_cut_the_text) {
  const std::string cut("ab\0cd", 5);
  command c("true");
  EXPECT_THAT(refusal([&] { c.arg(cut); }), HasSubstr("an argument contains a null byte after 'ab'"));
  EXPECT_THAT(refusal([&] { c.args({"x", cut}); }), HasSubstr("an argument contains a null byte"));
  EXPECT_THAT(refusal([&] { c.directory(cut); }), HasSubstr("the directory contains a null byte"));
  EXPECT_THAT(refusal([&] { c.env("NAME", cut); }), HasSubstr("a variable value contains a null byte"));
  EXPECT_THAT(refusal([&] { c.env(cut, "value"); }), HasSubstr("a variable name contains a null byte"));
  EXPECT_THAT(refusal([&] { command c2(cut); }), HasSubstr("null byte"));
}

TEST(command, refuses_names_that_are_none) {
  command c("true");
  EXPECT_THAT(refusal([&] { c.env("", "x"); }), HasSubstr("invalid variable name ''"));
  EXPECT_THAT(refusal([&] { c.env("A=B", "x"); }), HasSubstr("invalid variable name 'A=B'"));
  EXPECT_THAT(refusal([&] { c.unset_env("A=B"); }), HasSubstr("invalid variable name 'A=B'"));
}

TEST(command, only_standard_error_goes_to_the_output) {
  command c("true");
  EXPECT_THAT(refusal([&] { c.input(stdio::to_output()); }), HasSubstr("only standard error"));
  EXPECT_THAT(refusal([&] { c.output(stdio::to_output()); }), HasSubstr("only standard error"));
  EXPECT_NO_THROW(c.error(stdio::to_output()));
}

}  // namespace bight::command_test
