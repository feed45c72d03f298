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
  EXPECT_THAT(refusal([] { command(""); }), HasSubstr("the name of the program is empty"));
}

TEST(command, refuses_zero_bytes_which_would_cut_the_text) {
  const std::string cut("ab\0cd", 5);
  command c("true");
  EXPECT_THAT(refusal([&] { c.arg(cut); }), HasSubstr("an argument has a zero byte after 'ab'"));
  EXPECT_THAT(refusal([&] { c.args({"x", cut}); }), HasSubstr("an argument has a zero byte"));
  EXPECT_THAT(refusal([&] { c.directory(cut); }), HasSubstr("the directory has a zero byte"));
  EXPECT_THAT(refusal([&] { c.env("NAME", cut); }), HasSubstr("the value of a variable has a zero byte"));
  EXPECT_THAT(refusal([&] { c.env(cut, "value"); }), HasSubstr("the name of a variable has a zero byte"));
  EXPECT_THAT(refusal([&] { command c2(cut); }), HasSubstr("zero byte"));
}

TEST(command, refuses_names_that_are_none) {
  command c("true");
  EXPECT_THAT(refusal([&] { c.env("", "x"); }), HasSubstr("'' is no name of a variable"));
  EXPECT_THAT(refusal([&] { c.env("A=B", "x"); }), HasSubstr("'A=B' is no name of a variable"));
  EXPECT_THAT(refusal([&] { c.unset_env("A=B"); }), HasSubstr("'A=B' is no name of a variable"));
}

TEST(command, only_standard_error_goes_to_the_output) {
  command c("true");
  EXPECT_THAT(refusal([&] { c.input(stdio::to_output()); }), HasSubstr("only standard error"));
  EXPECT_THAT(refusal([&] { c.output(stdio::to_output()); }), HasSubstr("only standard error"));
  EXPECT_NO_THROW(c.error(stdio::to_output()));
}

}  // namespace bight::command_test
