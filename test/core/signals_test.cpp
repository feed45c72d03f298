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

TEST(signals, need_a_loop) { EXPECT_THROW(signals{SIGUSR2}, boost::system::system_error); }

}  // namespace bight::signals_test
