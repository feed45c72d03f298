// Where the library's messages go.
#include <bight/core/log.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace bight::log_test {

using ::testing::ElementsAre;
using ::testing::Pair;

// Catches the log while it lives.
class log_catcher {
 public:
  log_catcher() {
    old_ = set_log_handler([this](log_level level, std::string_view text) {
      const std::lock_guard lock{mutex_};
      lines_.emplace_back(level, text);
    });
  }
  log_catcher(const log_catcher&) = delete;
  log_catcher& operator=(const log_catcher&) = delete;
  ~log_catcher() { set_log_handler(old_); }
  std::vector<std::pair<log_level, std::string>> lines() {
    const std::lock_guard lock{mutex_};
    return lines_;
  }

 private:
  log_handler old_;
  std::mutex mutex_;
  std::vector<std::pair<log_level, std::string>> lines_;
};

TEST(log, goes_to_the_handler) {
  log_catcher caught;
  log(log_level::debug, "details");
  log(log_level::error, "trouble");
  EXPECT_THAT(caught.lines(),
              ElementsAre(Pair(log_level::debug, "details"), Pair(log_level::error, "trouble")));
}

TEST(log, set_log_handler_returns_the_old_one) {
  int first = 0;
  const auto before = set_log_handler([&](log_level, std::string_view) { ++first; });
  const auto old = set_log_handler([](log_level, std::string_view) {});
  ASSERT_TRUE(old);
  old(log_level::info, "direct");
  EXPECT_EQ(first, 1);
  log(log_level::info, "to the new one");
  EXPECT_EQ(first, 1);
  set_log_handler(before);
}

TEST(log, without_a_handler_warnings_and_errors_go_to_stderr) {
  const auto before = set_log_handler({});
  ::testing::internal::CaptureStderr();
  log(log_level::debug, "debug");
  log(log_level::info, "info");
  log(log_level::warning, "warning");
  log(log_level::error, "error");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "warning\nerror\n");
  set_log_handler(before);
}

TEST(log, the_handler_may_log_itself) {
  std::vector<std::string> lines;
  const auto before = set_log_handler([&](log_level, std::string_view text) {
    lines.emplace_back(text);
    if (lines.size() == 1) log(log_level::info, "again");
  });
  log(log_level::info, "once");
  EXPECT_THAT(lines, ElementsAre("once", "again"));
  set_log_handler(before);
}

TEST(log, a_handler_that_throws_ends_nothing) {
  const auto before =
      set_log_handler([](log_level, std::string_view) { throw std::runtime_error("bad handler"); });
  ::testing::internal::CaptureStderr();
  log(log_level::info, "message");
  EXPECT_FALSE(::testing::internal::GetCapturedStderr().empty());
  set_log_handler(before);
}

TEST(log, comes_from_several_threads) {
  log_catcher caught;
  std::vector<std::thread> threads;
  for (int i = 0; i != 4; ++i) {
    threads.emplace_back([] {
      for (int n = 0; n != 100; ++n) log(log_level::info, "line");
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(caught.lines().size(), 400U);
}

}  // namespace bight::log_test
