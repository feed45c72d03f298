// take_activated_descriptors: a program that gets descriptors from who starts it.
#include <bight/core/activation.hpp>

#include <bight/core/command.hpp>
#include <bight/core/completed_process.hpp>
#include <bight/core/subprocess.hpp>
#include <bight/testing/async_test.hpp>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bight::core_activation_test {

using ::testing::HasSubstr;

awaitable<std::string> run_with(std::string variables, std::string name = {}) {
  const auto script = "export " + variables + "; exec \"$0\" $1 3</dev/null 4</dev/null";
  command start("sh", "-c", script, BIGHT_PROGRAM_ACTIVATED_DESCRIPTORS, name);
  auto done = co_await run_process(std::move(start));
  co_return done.output;
}

ASYNC_TEST(core_activation, takes_each_descriptor_once_and_no_child_inherits_it) {
  const auto said = co_await run_with("LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=jobs:log");
  EXPECT_EQ(said, "3 jobs\n4 log\nleft: 0\nclosed\n");
}

ASYNC_TEST(core_activation, hands_them_out_by_name) {
  const auto said = co_await run_with("LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=jobs:log", "log");
  EXPECT_EQ(said, "4 log\nleft: 1\nclosed\n");
  const auto none = co_await run_with("LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=jobs:log", "web");
  EXPECT_EQ(none, "left: 2\nclosed\n");
}

ASYNC_TEST(core_activation, names_may_be_missing) {
  const auto said = co_await run_with("LISTEN_PID=$$ LISTEN_FDS=2");
  EXPECT_EQ(said, "3 \n4 \nleft: 0\nclosed\n");
  const auto fewer = co_await run_with("LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=jobs");
  EXPECT_EQ(fewer, "3 jobs\n4 \nleft: 0\nclosed\n");
}

ASYNC_TEST(core_activation, ignores_what_is_for_another_process) {
  for (const std::string variables : {"LISTEN_PID=1 LISTEN_FDS=2", "LISTEN_FDS=2", "LISTEN_PID=$$", "A=B"}) {
    const auto said = co_await run_with(variables);
    EXPECT_EQ(said, "left: 0\nopen\n") << variables;
  }
}

ASYNC_TEST(core_activation, says_what_is_wrong_with_the_variables) {
  for (const std::string wrong : {"LISTEN_FDS=many", "LISTEN_FDS=-1", "LISTEN_FDS=1000"}) {
    const auto said = co_await run_with("LISTEN_PID=$$ " + wrong);
    EXPECT_THAT(said, HasSubstr(wrong));
  }
}

}  // namespace bight::core_activation_test
