// runner: one loop, several mains.
#include <bight/core/runner.hpp>

#include <signal.h>
#include <unistd.h>

#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/queue.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <memory>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace bight::runner_test {

using namespace std::chrono_literals;

run_options virtual_time() {
  run_options o;
  o.loop.clock = clock_mode::virtual_;
  o.handle_signals = false;
  return o;
}

TEST(runner, runs_several_mains_on_one_loop) {
  runner r{virtual_time()};
  queue<int> q;
  task<void> background;
  r.run([&]() -> awaitable<void> {
    background = spawn([&]() -> awaitable<void> {
      for (int i = 0; i != 3; ++i) {
        co_await sleep(1s);
        co_await q.put(i);
      }
    });
    co_return;
  });
  EXPECT_FALSE(background.done());
  const auto get = [&]() -> awaitable<int> {
    const auto item = co_await q.get();
    co_return item.value_or(-1);
  };
  EXPECT_EQ(r.run(get), 0);
  EXPECT_EQ(r.run(get), 1);
  const auto text = r.run(
      []() -> awaitable<std::unique_ptr<std::string>> { co_return std::make_unique<std::string>("moved"); });
  EXPECT_EQ(*text, "moved");
}

TEST(runner, an_error_leaves_it_usable) {
  runner r{virtual_time()};
  const auto fail = []() -> awaitable<void> {
    co_await sleep(1s);
    throw std::runtime_error("x");
  };
  EXPECT_THROW(r.run(fail), std::runtime_error);
  EXPECT_EQ(r.run([]() -> awaitable<int> { co_return 4; }), 4);
}

TEST(runner, close_cancels_what_is_left) {
  bool cancelled = false;
  {
    runner r{virtual_time()};
    r.run([&]() -> awaitable<void> {
      spawn([&]() -> awaitable<void> {
        try {
          co_await sleep(1h);
        } catch (const cancelled_error&) {
          cancelled = true;
          throw;
        }
      }).detach();
      co_await yield();
    });
    EXPECT_FALSE(cancelled);
  }
  EXPECT_TRUE(cancelled);
}

TEST(runner, an_interrupt_ends_one_main_and_not_the_next) {
  runner r;
  const auto interrupted = []() -> awaitable<void> {
    ::kill(::getpid(), SIGINT);
    co_await sleep(1h);
  };
  EXPECT_THROW(r.run(interrupted), interrupt_error);
  EXPECT_EQ(r.run([]() -> awaitable<int> { co_return 4; }), 4);
}

TEST(runner, a_closed_one_runs_nothing) {
  runner r{virtual_time()};
  EXPECT_EQ(r.run([]() -> awaitable<int> { co_return 4; }), 4);
  r.close();
  bool entered = false;
  const auto body = [&]() -> awaitable<void> {
    entered = true;
    co_return;
  };
  try {
    r.run(body);
    ADD_FAILURE() << "it ran";
  } catch (const boost::system::system_error& e) { EXPECT_EQ(e.code(), errc::loop_closed); }
  EXPECT_FALSE(entered);
  r.close();  // once more is nothing
}

TEST(runner, is_not_for_use_inside_a_loop) {
  runner r{virtual_time()};
  bool refused = false;
  r.run([&]() -> awaitable<void> {
    try {
      runner inner{virtual_time()};
    } catch (const boost::system::system_error&) { refused = true; }
    co_return;
  });
  EXPECT_TRUE(refused);
}

}  // namespace bight::runner_test
