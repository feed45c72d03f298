// How a program ended, in numbers and in words.
#include <bight/core/completed_process.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <bight/core/error.hpp>
#include <string>

namespace bight::completed_process_test {

using ::testing::EndsWith;

TEST(exit_status, with_a_code) {
  const auto s = exit_status::with_code(3);
  EXPECT_FALSE(s.success());
  EXPECT_EQ(s.code(), 3);
  EXPECT_EQ(s.signal(), 0);
  EXPECT_EQ(s.returncode(), 3);
  EXPECT_EQ(s.describe(), "exit status 3");
  EXPECT_TRUE(exit_status::with_code(0).success());
}

TEST(exit_status, by_a_signal) {
  const auto s = exit_status::by_signal(SIGKILL);
  EXPECT_FALSE(s.success());
  EXPECT_EQ(s.code(), 0);
  EXPECT_EQ(s.signal(), SIGKILL);
  EXPECT_EQ(s.returncode(), -SIGKILL);
  EXPECT_EQ(s.describe(), "killed by signal 9 (KILL)");
  EXPECT_NE(s, exit_status::with_code(SIGKILL));
}

TEST(completed_process, check_accepts_success) {
  EXPECT_NO_THROW(completed_process("true", exit_status::with_code(0)).check());
}

TEST(completed_process, check_throws_what_the_program_said) {
  completed_process done("git", exit_status::with_code(128));
  done.error = "\nfatal: not a git repository\n";
  try {
    done.check();
    FAIL() << "no error";
  } catch (const process_error& e) {
    EXPECT_EQ(e.code(), errc::process_failed);
    EXPECT_EQ(e.program(), "git");
    EXPECT_EQ(e.status(), exit_status::with_code(128));
    EXPECT_EQ(e.error_tail(), "fatal: not a git repository");
    EXPECT_STREQ(e.what(), "bight: 'git' failed: exit status 128: fatal: not a git repository");
  }
}

TEST(process_error, keeps_the_end_of_long_errors) {
  std::string errors(100'000, 'a');
  errors.append("the end\n");
  const process_error e("x", exit_status::with_code(1), errors);
  EXPECT_LE(e.error_tail().size(), process_error::longest_tail);
  EXPECT_THAT(e.error_tail(), EndsWith("athe end"));
  EXPECT_STREQ(process_error("x", exit_status::by_signal(SIGABRT), " \n").what(),
               "bight: 'x' failed: killed by signal 6 (ABRT)");
}

}  // namespace bight::completed_process_test
