// The main function of the test programs: GoogleTest's, with a time limit for each test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <csignal>
#include <string>

namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr time_t seconds_per_test = 240;
#else
constexpr time_t seconds_per_test = 60;
#endif

std::string running;  // the name of the test, for the signal handler

void end_overdue(int) {
  if (::write(STDERR_FILENO, running.data(), running.size()) >= 0) std::abort();
}

// Ends the program, with the name of the test, when one test takes too long. The tests use SIGALRM
// themselves.
class time_limit final : public testing::EmptyTestEventListener {
 public:
  time_limit() {
    std::signal(SIGRTMAX, &end_overdue);
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGRTMAX;
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) std::perror("timer_create");
  }

 private:
  void OnTestStart(const testing::TestInfo& test) override {
    running = std::string("time limit exceeded: ") + test.test_suite_name() + '.' + test.name() + '\n';
    arm(seconds_per_test);
  }
  void OnTestEnd(const testing::TestInfo&) override { arm(0); }

  void arm(time_t seconds) {
    itimerspec when{};
    when.it_value.tv_sec = seconds;
    ::timer_settime(timer_, 0, &when, nullptr);
  }

  timer_t timer_{};
};

// Why a test was skipped, for cmake/test_results.py: GoogleTest leaves it out of its JSON.
class skip_reasons final : public testing::EmptyTestEventListener {
  void OnTestEnd(const testing::TestInfo& test) override {
    const auto& result = *test.result();
    for (int i = 0; i != result.total_part_count(); ++i)
      if (const auto& part = result.GetTestPartResult(i); part.skipped())
        testing::Test::RecordProperty("skip_reason", part.message());
  }
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  testing::UnitTest::GetInstance()->listeners().Append(new time_limit);
  testing::UnitTest::GetInstance()->listeners().Append(new skip_reasons);
  return RUN_ALL_TESTS();
}
