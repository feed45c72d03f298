// run, run_main: the way in and the way out.
#include <bight/core/run.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <bight/core/awaitable.hpp>
#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/log.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/to_thread.hpp>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/log_capture.hpp"

namespace bight::run_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::ExitedWithCode;
using ::testing::HasSubstr;

awaitable<int> add(int a, int b) {
  co_await yield();
  co_return a + b;
}
awaitable<void> fail() {
  co_await yield();
  throw std::runtime_error("main failed");
}
awaitable<void> deadlock() {
  event never;
  co_await never.wait();
}
awaitable<void> interrupted_by(int signal) {
  std::raise(signal);
  co_await sleep(forever);
}
awaitable<int> interrupted_but_returns() {
  std::raise(SIGINT);
  try {
    co_await sleep(forever);
  } catch (const cancelled_error& e) { co_return e.reason() == cancel_reason::interrupt ? 7 : 8; }
  co_return 9;
}
awaitable<void> interrupted_twice() {
  std::raise(SIGINT);
  try {
    co_await sleep(forever);
  } catch (const cancelled_error&) { std::raise(SIGINT); }
  co_await sleep(forever);
}

TEST(run, returns_the_result) {
  EXPECT_EQ(run(add, 2, 3), 5);
  auto p = run([]() -> awaitable<std::unique_ptr<int>> { co_return std::make_unique<int>(4); });
  EXPECT_EQ(*p, 4);
  int x = 0;
  int& ref = run([&]() -> awaitable<int&> { co_return x; });
  EXPECT_EQ(&ref, &x);
  run([]() -> awaitable<void> { co_return; });
}

TEST(run, keeps_callable_and_arguments) {
  auto text = std::make_unique<std::string>("kept");
  auto body = [own = std::move(text)](std::string more) -> awaitable<std::string> {
    co_await yield();
    co_return *own + more;
  };
  EXPECT_EQ(run(std::move(body), " alive"), "kept alive");
}

TEST(run, throws_what_leaves_the_body) { EXPECT_THROW(run(fail), std::runtime_error); }

TEST(run, may_be_called_again_and_again) {
  for (int i = 0; i != 100; ++i) EXPECT_EQ(run(add, i, 1), i + 1);
}

TEST(run, cancels_the_tasks_that_are_left_and_waits_for_them) {
  std::string trace;
  run([&]() -> awaitable<void> {
    spawn([&]() -> awaitable<void> {
      try {
        co_await sleep(forever);
      } catch (const cancelled_error&) { trace += "struck "; }
      co_await sleep(1ms);
      trace += "cleaned";
    }).detach();
    co_await yield();
  });
  EXPECT_EQ(trace, "struck cleaned");
}

TEST(run, cancels_the_tasks_that_are_left_when_the_body_fails) {
  bool struck = false;
  const auto body = [&]() -> awaitable<void> {
    spawn([&]() -> awaitable<void> {
      try {
        co_await sleep(forever);
      } catch (const cancelled_error&) {
        struck = true;
        throw;
      }
    }).detach();
    co_await fail();
  };
  EXPECT_THROW(run(body), std::runtime_error);
  EXPECT_TRUE(struck);
}

TEST(run, cancels_tasks_that_are_started_by_the_cleanup_of_others) {
  std::string trace;
  const auto helper = [&](std::chrono::milliseconds d, const char* name) -> awaitable<void> {
    try {
      co_await sleep(d);
      trace += name;
    } catch (const cancelled_error&) {
      trace += "stopped ";
      throw;
    }
  };
  run([&]() -> awaitable<void> {
    spawn([&]() -> awaitable<void> {
      try {
        co_await sleep(forever);
      } catch (const cancelled_error&) {}
      spawn(helper, 1h, "never ").detach();
      co_await spawn(helper, 1ms, "helped ");  // what a cleanup waits for is left alone
    }).detach();
    co_await yield();
  });
  EXPECT_EQ(trace, "helped stopped ");
}

TEST(run, logs_the_errors_of_the_tasks_that_are_left) {
  const test::log_capture caught;
  run([]() -> awaitable<void> {
    spawn([]() -> awaitable<void> {
      try {
        co_await sleep(forever);
      } catch (const cancelled_error&) { throw std::runtime_error("cleanup failed"); }
    }).detach();
    co_await yield();
  });
  EXPECT_THAT(caught.lines(), ElementsAre(HasSubstr("cleanup failed")));
}

TEST(run, never_enters_tasks_that_were_spawned_last) {
  bool entered = false;
  run([&]() -> awaitable<void> {
    spawn([&]() -> awaitable<void> {
      entered = true;
      co_return;
    }).cancel();
    co_return;
  });
  EXPECT_FALSE(entered);
}

TEST(run, refuses_to_nest) {
  boost::system::error_code refused;
  run([&]() -> awaitable<void> {
    try {
      run(add, 1, 2);
    } catch (const boost::system::system_error& e) { refused = e.code(); }
    co_await yield();  // the outer loop is in order
  });
  EXPECT_EQ(refused, errc::loop_running);
}

TEST(run, works_on_another_thread_at_the_same_time) {
  const int sum = run([]() -> awaitable<int> {
    const int there = co_await to_thread([] { return run(add, 1, 2); });
    co_return there + 1;
  });
  EXPECT_EQ(sum, 4);
}

TEST(run, reports_a_deadlock_with_who_waits_for_what) {
  std::string report;
  try {
    run(deadlock);
  } catch (const deadlock_error& e) { report = e.what(); }
  EXPECT_THAT(report, HasSubstr("event::wait"));
}

TEST(run, destroys_the_frames_of_a_deadlock) {
  int alive = 0;
  const auto stuck = [&](event& e) -> awaitable<void> {
    ++alive;
    const auto leave = std::shared_ptr<void>(nullptr, [&](void*) { --alive; });
    co_await e.wait();
  };
  const auto body = [&]() -> awaitable<void> {
    event mine;
    spawn(stuck, std::ref(mine)).detach();
    co_await stuck(mine);
  };
  EXPECT_THROW(run(body), deadlock_error);
  EXPECT_EQ(alive, 0);
}

TEST(run, throws_interrupt_error_when_a_signal_ended_the_body) {
  for (const int signal : {SIGINT, SIGTERM}) {
    int seen = 0;
    try {
      run(interrupted_by, signal);
    } catch (const interrupt_error& e) { seen = e.signal(); }
    EXPECT_EQ(seen, signal);
  }
}

TEST(run, returns_the_value_of_a_body_that_handles_the_signal) { EXPECT_EQ(run(interrupted_but_returns), 7); }

// What happens at a signal while it lives, whatever the test was started with.
class disposition {
 public:
  disposition(int number, void (*handler)(int)) : number_(number) {
    struct sigaction action {};
    action.sa_handler = handler;
    ::sigaction(number, &action, &before_);
  }
  disposition(const disposition&) = delete;
  disposition& operator=(const disposition&) = delete;
  ~disposition() { ::sigaction(number_, &before_, nullptr); }

  static auto now(int number) {
    struct sigaction action {};
    ::sigaction(number, nullptr, &action);
    return action.sa_handler;
  }

 private:
  int number_;
  struct sigaction before_ {};
};

volatile std::sig_atomic_t handled = 0;
void handle(int signal) { handled = signal; }

TEST(run, leaves_signals_alone_that_are_ignored_or_have_a_handler) {
  const auto body = [](int signal, void (*expected)(int)) -> awaitable<void> {
    EXPECT_EQ(disposition::now(signal), expected);
    std::raise(signal);
    co_await sleep(1ms);
  };
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) {
    for (auto* const handler : {SIG_IGN, &handle}) {
      const disposition mine{signal, handler};
      handled = 0;
      EXPECT_NO_THROW(run(body, signal, handler));
      EXPECT_EQ(handled, handler == &handle ? signal : 0);
      EXPECT_EQ(disposition::now(signal), handler);
    }
  }
}

TEST(run, takes_over_signals_with_the_default_action_one_by_one_and_gives_them_back) {
  const disposition ignored{SIGINT, SIG_IGN};
  const disposition by_default{SIGTERM, SIG_DFL};
  EXPECT_THROW(run(interrupted_by, SIGTERM), interrupt_error);
  EXPECT_EQ(disposition::now(SIGTERM), SIG_DFL);
  EXPECT_EQ(disposition::now(SIGINT), SIG_IGN);
}

TEST(run, leaves_a_handler_that_was_set_while_it_ran) {
  const disposition by_default{SIGINT, SIG_DFL};
  run([]() -> awaitable<void> {
    std::signal(SIGINT, handle);
    co_return;
  });
  EXPECT_EQ(disposition::now(SIGINT), &handle);
}

TEST(run, a_signal_cleans_up_members_first) {
  bool cleaned_up = false;
  const auto body = [&]() -> awaitable<void> {
    co_await task_group::run([&](task_group& group) -> awaitable<void> {
      group
          .spawn([&]() -> awaitable<void> {
            try {
              co_await sleep(forever);
            } catch (const cancelled_error&) {
              cleaned_up = true;
              throw;
            }
          })
          .detach();
      co_await interrupted_by(SIGINT);
    });
  };
  EXPECT_THROW(run(body), interrupt_error);
  EXPECT_TRUE(cleaned_up);
}

TEST(run_main, returns_the_status) {
  EXPECT_EQ(run_main(add, 2, 3), 5);
  EXPECT_EQ(run_main([]() -> awaitable<void> { co_return; }), 0);
}

TEST(run_main, prints_an_error_and_returns_1) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_main(fail), 1);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "main failed\n");
}

TEST(run_main, returns_1_for_a_body_that_cancels_itself) {
  ::testing::internal::CaptureStderr();
  const auto body = []() -> awaitable<void> {
    auto t = spawn([]() -> awaitable<void> { co_await sleep(forever); });
    co_await yield();
    t.cancel();
    co_await t;
  };
  EXPECT_EQ(run_main(body), 1);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("cancelled"));
}

TEST(run_main, returns_128_and_the_signal) {
  EXPECT_EQ(run_main(interrupted_by, SIGINT), 130);
  EXPECT_EQ(run_main(interrupted_by, SIGTERM), 143);
}

// A death test runs in a process of its own, which starts from main(): no thread of the pool is lost by a
// fork.
class run_in_child : public ::testing::Test {
 protected:
  run_in_child() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(run_in_child, sigint_ends_a_program_with_130) {
  EXPECT_EXIT(std::_Exit(run_main(interrupted_by, SIGINT)), ExitedWithCode(130), "");
}

TEST_F(run_in_child, a_second_sigint_ends_a_program_that_ignores_the_first) {
  EXPECT_EXIT(std::_Exit(run_main(interrupted_twice)), ExitedWithCode(130), "");
}

TEST_F(run_in_child, signals_are_not_touched_when_they_are_not_to_be_handled) {
  const run_options options{.handle_signals = false};
  EXPECT_EXIT(run(options, interrupted_by, SIGINT), ::testing::KilledBySignal(SIGINT), "");
}

awaitable<void> leaves_a_stubborn_task() {
  spawn([]() -> awaitable<void> {
    while (true) {
      try {
        co_await sleep(1ms);
      } catch (const cancelled_error&) {}
    }
  }).detach();
  co_await yield();
}

TEST_F(run_in_child, ends_the_process_when_cancelled_tasks_take_longer_than_the_shutdown_timeout) {
  const run_options options{.shutdown_timeout = 30ms};
  EXPECT_EXIT(run(options, leaves_a_stubborn_task), ExitedWithCode(EXIT_FAILURE),
              "is waiting for cancelled tasks");
}

}  // namespace bight::run_test
