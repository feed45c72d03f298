// run_sharded: several loops, one program.
#include <bight/core/sharded.hpp>

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <bight/core/cancel.hpp>
#include <bight/core/error.hpp>
#include <bight/core/event.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <bight/core/shared_queue.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task_local.hpp>
#include <bight/core/to_thread.hpp>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bight::sharded_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr run_options quiet{.handle_signals = false};

TEST(run_sharded, runs_the_program_once_per_shard_each_on_a_thread_of_its_own) {
  std::mutex m;
  std::set<std::thread::id> threads;
  std::set<std::size_t> indices;
  run_sharded(quiet, 4, [&](shard me) -> awaitable<void> {
    EXPECT_EQ(me.count(), 4U);
    EXPECT_EQ(me.peer(me.index()), loop::current().handle());
    co_await sleep(1ms);
    const std::lock_guard lock{m};
    threads.insert(std::this_thread::get_id());
    indices.insert(me.index());
  });
  EXPECT_THAT(threads, SizeIs(4));
  EXPECT_TRUE(threads.contains(std::this_thread::get_id())) << "the first runs on the caller's";
  EXPECT_THAT(indices, ElementsAre(0, 1, 2, 3));
}

TEST(run_sharded, gives_every_program_the_task_local_values_of_its_caller) {
  task_local<std::string> request;
  std::vector<std::string> seen;
  bight::run(quiet, [&]() -> awaitable<void> {
    request.set("r-17");
    // On another thread, since no loop may run where run_sharded is called.
    co_await to_thread([&] {
      seen = run_sharded(quiet, 2, [&](shard me) -> awaitable<std::string> {
        co_await yield();
        auto found = request.get() + " on " + std::to_string(me.index());
        request.set("changed");  // its own
        co_return found;
      });
    });
    EXPECT_EQ(request.get(), "r-17");
  });
  EXPECT_THAT(seen, ElementsAre("r-17 on 0", "r-17 on 1"));
}

TEST(run_sharded, returns_the_results_in_order) {
  const auto results = run_sharded(quiet, 3, [](shard me) -> awaitable<std::string> {
    co_await yield();
    co_return "shard " + std::to_string(me.index());
  });
  EXPECT_THAT(results, ElementsAre("shard 0", "shard 1", "shard 2"));
}

TEST(run_sharded, zero_is_one_per_processor) {
  const auto results =
      run_sharded(quiet, 0, [](shard me) -> awaitable<std::size_t> { co_return me.count(); });
  EXPECT_THAT(results, SizeIs(std::max(1U, std::thread::hardware_concurrency())));
  EXPECT_EQ(results.front(), results.size());
}

TEST(run_sharded, shards_call_each_other) {
  const auto results = run_sharded(quiet, 3, [](shard me) -> awaitable<int> {
    int sum = 0;
    auto add = [](int n) -> awaitable<int> {
      co_await yield();
      co_return n + 1;
    };
    for (int i = 0; i != 300; ++i) {
      const auto peer = me.peer(static_cast<std::size_t>(i) % me.count());
      sum += co_await peer.submit(add, 1);
    }
    co_return sum;
  });
  EXPECT_THAT(results, ElementsAre(600, 600, 600));
}

TEST(run_sharded, a_loop_whose_program_has_ended_still_serves_the_others) {
  std::atomic<bool> first_ended = false;
  std::atomic<int> served = 0;
  run_sharded(quiet, 2, [&](shard me) -> awaitable<void> {
    if (me.index() == 0) {
      first_ended = true;
      co_return;
    }
    while (!first_ended) co_await sleep(1ms);
    auto serve = [&]() -> awaitable<void> {
      ++served;
      co_return;
    };
    co_await me.peer(0).submit(serve);
  });
  EXPECT_EQ(served, 1);
}

TEST(run_sharded, a_failure_cancels_the_others_and_is_thrown_in_a_group) {
  std::atomic<int> cancelled = 0;
  std::atomic<int> up = 0;
  try {
    run_sharded(quiet, 3, [&](shard me) -> awaitable<void> {
      ++up;
      while (up != 3) co_await yield();
      if (me.index() == 1) throw std::runtime_error("shard 1 failed");
      try {
        co_await sleep(forever);
      } catch (const cancelled_error&) {
        ++cancelled;
        throw;
      }
    });
    FAIL() << "no error";
  } catch (const exception_group& g) {
    ASSERT_THAT(g.errors(), SizeIs(1));
    EXPECT_THROW(std::rethrow_exception(g.errors().front()), std::runtime_error);
  }
  EXPECT_EQ(cancelled, 2);
}

TEST(run_sharded, errors_of_several_come_in_the_order_of_the_shards) {
  std::atomic<int> here = 0;
  try {
    run_sharded(quiet, 3, [&](shard me) -> awaitable<void> {
      ++here;
      while (here != 3) std::this_thread::yield();
      throw std::runtime_error(std::to_string(me.index()));
      co_return;
    });
    FAIL() << "no error";
  } catch (const exception_group& g) {
    std::vector<std::string> texts;
    g.for_each<std::runtime_error>([&](const std::runtime_error& e) { texts.emplace_back(e.what()); });
    EXPECT_THAT(texts, ElementsAre("0", "1", "2"));
  }
}

TEST(run_sharded, a_signal_cancels_all) {
  std::atomic<int> up = 0;
  std::atomic<int> cancelled = 0;
  const auto program = [&](shard me) -> awaitable<void> {
    ++up;
    try {
      while (me.index() == 0 && up != 3) co_await yield();
      if (me.index() == 0) ::kill(::getpid(), SIGINT);
      co_await sleep(forever);
    } catch (const cancelled_error&) {
      ++cancelled;
      throw;
    }
  };
  EXPECT_THROW(run_sharded(3, program), interrupt_error);
  EXPECT_EQ(cancelled, 3);
}

TEST(run_sharded, every_shard_logs_its_tasks_on_a_signal) {
  std::atomic<int> dumps = 0;
  const auto previous = set_log_handler([&](log_level, std::string_view text) {
    if (text.starts_with("bight: tasks:\n  task-")) ++dumps;
  });
  std::atomic<int> up = 0;
  run_sharded(2, [&](shard me) -> awaitable<void> {
    ++up;
    while (me.index() == 0 && up != 2) co_await yield();
    if (me.index() == 0) ::kill(::getpid(), SIGUSR1);
    while (dumps != 2) co_await sleep(1ms);
  });
  set_log_handler(previous);
}

TEST(run_sharded, a_program_that_cancels_itself_cancels_all) {
  EXPECT_THROW(run_sharded(quiet, 2,
                           [&](shard me) -> awaitable<void> {
                             if (me.index() == 1) current_task().cancel();
                             co_await sleep(forever);
                           }),
               cancelled_error);
}

TEST(run_sharded, tasks_that_a_program_leaves_behind_are_cancelled) {
  std::atomic<int> cancelled = 0;
  run_sharded(quiet, 2, [&](shard) -> awaitable<void> {
    spawn([&]() -> awaitable<void> {
      try {
        co_await sleep(forever);
      } catch (const cancelled_error&) {
        ++cancelled;
        throw;
      }
    }).detach();
    co_await yield();
  });
  EXPECT_EQ(cancelled, 2);
}

TEST(run_sharded, each_shard_has_a_copy_of_the_program) {
  struct counting {
    std::shared_ptr<int> own = std::make_shared<int>(0);
    counting() = default;
    counting(const counting&) : own(std::make_shared<int>(0)) {}
    awaitable<int> operator()(shard) {
      ++*own;
      co_return *own;
    }
  };
  EXPECT_THAT(run_sharded(quiet, 2, counting{}), ElementsAre(1, 1));
}

TEST(run_sharded, feeds_loops_from_one_shared_queue) {
  shared_queue<int> jobs{100};
  std::jthread producer{[&] {
    for (int i = 1; i <= 1000; ++i) jobs.put(i);
    jobs.shutdown();
  }};
  const auto sums = run_sharded(quiet, 2, [&](shard) -> awaitable<int> {
    int sum = 0;
    auto job = co_await jobs.get();
    while (job) {
      sum += *job;
      job = co_await jobs.get();
    }
    co_return sum;
  });
  EXPECT_EQ(sums[0] + sums[1], 500500);
}

TEST(run_sharded, refuses_to_nest_and_names_a_shard_that_is_not_there) {
  bight::run(quiet, []() -> awaitable<void> {
    try {
      run_sharded(quiet, 1, [](shard) -> awaitable<void> { co_return; });
      ADD_FAILURE();
    } catch (const boost::system::system_error& e) { EXPECT_EQ(e.code(), errc::loop_running); }
    co_return;
  });
  EXPECT_THROW(run_sharded(quiet, 1,
                           [](shard me) -> awaitable<void> {
                             me.peer(1);
                             co_return;
                           }),
               exception_group);
}

TEST(sharded, runs_on_other_threads_while_this_loop_continues) {
  bight::run(quiet, []() -> awaitable<void> {
    std::atomic<bool> go = false;
    const auto here = std::this_thread::get_id();
    auto program = [&](shard me) -> awaitable<std::string> {
      EXPECT_NE(std::this_thread::get_id(), here);
      while (!go) co_await sleep(1ms);
      co_return "shard " + std::to_string(me.index()) + " of " + std::to_string(me.count());
    };
    auto running = spawn([&] { return sharded(2, program); });
    co_await sleep(5ms);  // this loop is not blocked
    EXPECT_FALSE(running.done());
    go = true;
    const auto results = co_await std::move(running);
    EXPECT_THAT(results, ElementsAre("shard 0 of 2", "shard 1 of 2"));
  });
}

TEST(sharded, shards_reach_the_loop_that_waits_for_them) {
  bight::run(quiet, []() -> awaitable<void> {
    int calls = 0;
    auto home = loop::current().handle();
    auto count = [&]() -> awaitable<void> {
      ++calls;  // on one thread, whoever asks
      co_return;
    };
    auto program = [&](shard) -> awaitable<void> {
      for (int i = 0; i != 100; ++i) co_await home.submit(count);
    };
    co_await sharded(3, program);
    EXPECT_EQ(calls, 300);
  });
}

TEST(sharded, a_cancellation_cancels_all_and_waits_for_their_cleanup) {
  bight::run(quiet, []() -> awaitable<void> {
    std::atomic<int> up = 0;
    std::atomic<int> cleaned = 0;
    auto program = [&](shard) -> awaitable<void> {
      ++up;
      std::exception_ptr cancelled;
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) { cancelled = std::current_exception(); }
      co_await sleep(5ms);
      ++cleaned;
      std::rethrow_exception(cancelled);
    };
    auto running = spawn([&] { return sharded(3, program); });
    while (up != 3) co_await sleep(1ms);
    running.cancel();
    co_await running.wait();
    EXPECT_TRUE(running.cancelled());
    EXPECT_EQ(cleaned, 3);
  });
}

TEST(sharded, a_program_that_stops_gracefully_does_not_swallow_the_cancellation) {
  bight::run(quiet, []() -> awaitable<void> {
    std::atomic<int> up = 0;
    auto program = [&](shard) -> awaitable<void> {
      ++up;
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) {}
    };
    auto running = spawn([&] { return sharded(2, program); });
    while (up != 2) co_await sleep(1ms);
    running.cancel();
    co_await running.wait();
    EXPECT_TRUE(running.cancelled());
  });
}

TEST(sharded, a_failure_cancels_the_others_and_is_thrown_in_a_group) {
  bight::run(quiet, []() -> awaitable<void> {
    auto program = [](shard me) -> awaitable<void> {
      if (me.index() == 1) throw std::runtime_error("no luck");
      co_await sleep(1h);
    };
    std::string text;
    try {
      co_await sharded(3, program);
    } catch (const exception_group& group) { text = group.what(); }
    EXPECT_THAT(text, ::testing::AllOf(::testing::HasSubstr("no luck"), ::testing::HasSubstr("in shard 1")));
  });
}

TEST(sharded, ends_with_the_loop_that_waits_for_it) {
  std::atomic<int> up = 0;
  std::atomic<int> ended = 0;
  {
    loop l;
    auto program = [&](shard) -> awaitable<void> {
      ++up;
      try {
        co_await sleep(1h);
      } catch (const cancelled_error&) { ++ended; }
    };
    auto abandoned = l.spawn([&] { return sharded(2, program); });
    auto until_up = l.spawn([&]() -> awaitable<void> {
      while (up != 2) co_await sleep(1ms);
    });
    l.run_until(until_up);
    abandoned.detach();
  }
  EXPECT_EQ(ended, 2);
}

}  // namespace bight::sharded_test
