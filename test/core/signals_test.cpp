// signals: they come, and are kept.
#include <bight/core/signals.hpp>

#include <signal.h>
#include <unistd.h>

#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <memory>

#include <gtest/gtest.h>

namespace bight::signals_test {

using namespace std::chrono_literals;

TEST(signals, come_one_after_the_other) {
  bight::run([]() -> awaitable<void> {
    signals s{SIGUSR2, SIGHUP};
    auto waiting = spawn([&]() -> awaitable<int> { co_return co_await s.next(); });
    co_await yield();
    ::kill(::getpid(), SIGUSR2);
    const int first = co_await wait_for(std::move(waiting), 10s);
    EXPECT_EQ(first, SIGUSR2);
    ::kill(::getpid(), SIGHUP);  // while nobody waits
    const int second = co_await wait_for(s.next(), 10s);
    EXPECT_EQ(second, SIGHUP);
  });
}

TEST(signals, a_cancelled_wait_loses_none) {
  bight::run([]() -> awaitable<void> {
    signals s{SIGUSR2};
    bool expired = false;
    try {
      co_await wait_for(s.next(), 5ms);
    } catch (const timeout_error&) { expired = true; }
    EXPECT_TRUE(expired);
    ::kill(::getpid(), SIGUSR2);
    const int number = co_await wait_for(s.next(), 10s);
    EXPECT_EQ(number, SIGUSR2);
  });
}

TEST(signals, do_not_keep_a_loop_from_its_deadlock_report) {
  EXPECT_THROW(bight::run([]() -> awaitable<void> {
                 signals s{SIGUSR2};
                 co_await s.next();
               }),
               deadlock_error);
}

TEST(signals, may_outlive_their_loop) {
  std::unique_ptr<signals> kept;
  bight::run([&]() -> awaitable<void> {
    kept = std::make_unique<signals>(std::initializer_list<int>{SIGUSR2});
    co_return;
  });
  kept.reset();
}

// What is there for a signal.
auto handler_of(int number) {
  struct sigaction action {};
  ::sigaction(number, nullptr, &action);
  return action.sa_handler;
}
void ignore_it(int) {}

TEST(signals, the_last_object_restores_what_was_there) {
  for (auto* const before : {SIG_IGN, SIG_DFL, &ignore_it}) {
    auto* const at_start = ::signal(SIGUSR2, before);
    bight::run([]() -> awaitable<void> {
      signals first{SIGUSR2};
      auto second = std::make_unique<signals>(std::initializer_list<int>{SIGUSR2});
      second.reset();
      ::kill(::getpid(), SIGUSR2);
      const int number = co_await wait_for(first.next(), 10s);
      EXPECT_EQ(number, SIGUSR2);
    });
    EXPECT_EQ(handler_of(SIGUSR2), before);
    ::signal(SIGUSR2, at_start);
  }
}

TEST(signals, a_handler_that_was_set_meanwhile_stays) {
  bight::run([]() -> awaitable<void> {
    const signals s{SIGUSR2};
    ::signal(SIGUSR2, ignore_it);
    co_return;
  });
  EXPECT_EQ(handler_of(SIGUSR2), &ignore_it);
  ::signal(SIGUSR2, SIG_DFL);
}

TEST(signals, need_a_loop) { EXPECT_THROW(signals{SIGUSR2}, boost::system::system_error); }

}  // namespace bight::signals_test
