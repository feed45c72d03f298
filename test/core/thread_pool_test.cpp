// thread_pool: calls on threads of its own, and what a full one does with those that come next.
#include <bight/core/thread_pool.hpp>

#include <pthread.h>

#include <array>
#include <atomic>
#include <bight/core/as_result.hpp>
#include <bight/core/cancel.hpp>
#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/testing/async_test.hpp>
#include <latch>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace bight::thread_pool_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Takes all threads of a pool of one until `open()`.
class gate {
 public:
  void pass() {
    entered_.count_down();
    opened_.wait();
  }
  void open() { opened_.count_down(); }
  void wait_until_entered() { entered_.wait(); }

 private:
  std::latch entered_{1};
  std::latch opened_{1};
};

ASYNC_TEST(thread_pool, makes_calls_on_its_threads_and_gives_their_results) {
  thread_pool pool{{.max_threads = 1, .name = "sums"}};
  EXPECT_EQ(pool.threads(), 1U);
  auto work = [](int a, std::unique_ptr<int> b) {
    std::array<char, 16> name{};
    ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    return std::string{name.data()} + std::to_string(a + *b);
  };
  const auto text = co_await run_in_executor(pool, work, 1, std::make_unique<int>(2));
  EXPECT_EQ(text, "sums3");
  int x = 0;
  co_await run_in_executor(pool, [&] { x = 1; });
  EXPECT_EQ(x, 1);
}

ASYNC_TEST(thread_pool, delivers_errors) {
  thread_pool pool{{.max_threads = 1}};
  const auto fail = [] { throw std::runtime_error("no"); };
  std::string what;
  try {
    co_await run_in_executor(pool, fail);
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "no");
}

ASYNC_TEST(thread_pool, runs_no_more_calls_at_a_time_than_it_has_threads) {
  thread_pool pool{{.max_threads = 3}};
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  const auto work = [&] {
    const int n = ++now;
    for (int m = most; m < n && !most.compare_exchange_weak(m, n);) continue;
    std::this_thread::yield();
    --now;
  };
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (int i = 0; i != 1000; ++i)
      group.spawn([&]() -> awaitable<void> { co_await run_in_executor(pool, work); }).detach();
    co_return;
  });
  EXPECT_LE(most, 3);
  EXPECT_EQ(now, 0);
  EXPECT_EQ(pool.waiting(), 0U);
}

// Calls that meet each other: with threads that are new, asleep, or just done with something short.
ASYNC_TEST(thread_pool, makes_as_many_calls_at_a_time_as_it_has_threads) {
  constexpr int threads = 4;
  constexpr int rounds = 200;
  thread_pool pool{{.max_threads = threads}};
  const auto call = [&pool](auto f) -> awaitable<void> { co_await run_in_executor(pool, f); };
  for (int round = 0; round != rounds; ++round) {
    std::latch together{threads};
    const auto meet = [&] { together.arrive_and_wait(); };
    const auto nothing = [] {};
    std::vector<awaitable<void>> calls;
    for (int i = 0; i != round % 3; ++i) calls.push_back(call(nothing));
    for (int i = 0; i != threads; ++i) calls.push_back(call(meet));
    co_await gather(std::move(calls));
  }
  EXPECT_EQ(pool.waiting(), 0U);
  EXPECT_EQ(pool.running(), 0U);
}

// The result of a call that outlives its loop goes on the pool's thread; others need not wait for that.
TEST(thread_pool, drops_what_nobody_takes_without_keeping_others_waiting) {
  thread_pool pool{{.max_threads = 2}};
  gate call;
  gate end;
  struct slow_to_go {
    explicit slow_to_go(gate& g) : at_end(&g, [](gate* p) { p->pass(); }) {}
    std::shared_ptr<gate> at_end;
  };
  run([&]() -> awaitable<void> {
    const auto work = [&call, kept = slow_to_go{end}] { call.pass(); };
    auto t = spawn(
        [&pool, work]() -> awaitable<void> { co_await run_in_executor(abandon_on_cancel, pool, work); });
    co_await yield();
    call.wait_until_entered();
    t.cancel();
    co_await t.wait();
  });
  call.open();
  end.wait_until_entered();
  int made = 0;
  run([&]() -> awaitable<void> { co_await run_in_executor(pool, [&] { made = 1; }); });
  EXPECT_EQ(made, 1);
  end.open();
}

ASYNC_TEST(thread_pool, calls_wait_in_the_order_in_which_they_came) {
  thread_pool pool{{.max_threads = 1}};
  gate g;
  std::vector<int> order;
  auto first = spawn([&]() -> awaitable<void> { co_await run_in_executor(pool, [&] { g.pass(); }); });
  co_await yield();
  auto call = [&](int i) -> awaitable<void> {
    auto note = [&order, i] { order.push_back(i); };
    co_await run_in_executor(pool, std::move(note));
  };
  auto rest = spawn([&]() -> awaitable<void> { co_await gather(call(1), call(2), call(3)); });
  co_await yield();
  g.wait_until_entered();
  EXPECT_EQ(pool.running(), 1U);
  EXPECT_EQ(pool.waiting(), 3U);
  g.open();
  co_await rest;
  co_await first;
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

ASYNC_TEST(thread_pool, a_cancelled_call_that_waits_for_a_thread_is_never_made) {
  thread_pool pool{{.max_threads = 1}};
  gate g;
  auto first = spawn([&]() -> awaitable<void> { co_await run_in_executor(pool, [&] { g.pass(); }); });
  bool made = false;
  auto second = spawn([&]() -> awaitable<void> { co_await run_in_executor(pool, [&] { made = true; }); });
  co_await yield();
  g.wait_until_entered();
  second.cancel();
  co_await second.wait();  // at once: the thread is still busy
  EXPECT_TRUE(second.cancelled());
  EXPECT_EQ(pool.waiting(), 0U);
  g.open();
  co_await first;
  co_await run_in_executor(pool, [] {});
  EXPECT_FALSE(made);
}

ASYNC_TEST(thread_pool, a_cancelled_call_that_is_being_made_is_told_to_stop_and_awaited) {
  thread_pool pool{{.max_threads = 1}};
  bool stopped = false;
  auto t = spawn([&]() -> awaitable<void> {
    co_await run_in_executor(pool, [&](const std::stop_token& token) {
      while (!token.stop_requested()) std::this_thread::yield();
      stopped = true;
    });
  });
  while (pool.running() == 0) co_await sleep(1ms);
  t.cancel();
  co_await t.wait();
  EXPECT_TRUE(stopped);
}

ASYNC_TEST(thread_pool, an_abandoned_call_is_not_awaited_but_its_pool_waits_for_it) {
  auto g = std::make_shared<gate>();
  auto ended = std::make_shared<std::atomic<bool>>(false);
  {
    thread_pool pool{{.max_threads = 1}};
    auto work = [g, ended] {
      g->pass();
      *ended = true;
    };
    auto t = spawn([&]() -> awaitable<void> { co_await run_in_executor(abandon_on_cancel, pool, work); });
    co_await yield();
    g->wait_until_entered();
    t.cancel();
    co_await t.wait();
    EXPECT_TRUE(t.cancelled());
    EXPECT_FALSE(*ended);
    g->open();
  }
  EXPECT_TRUE(*ended);
}

TEST(thread_pool, serves_several_loops) {
  thread_pool pool{{.max_threads = 2}};
  std::atomic<int> sum = 0;
  auto program = [&]() -> awaitable<void> {
    for (int i = 0; i != 200; ++i) co_await run_in_executor(pool, [&] { ++sum; });
  };
  const run_options options{.handle_signals = false};
  {
    std::jthread other{[&] { bight::run(options, program); }};
    bight::run(options, program);
  }
  EXPECT_EQ(sum, 400);
}

// While it lives no thread can be started: there is no room for so large a stack.
class no_more_threads {
 public:
  no_more_threads() {
    EXPECT_EQ(::pthread_getattr_default_np(&attributes_), 0);
    EXPECT_EQ(::pthread_attr_getstacksize(&attributes_, &usual_), 0);
    set(std::size_t{1} << 50U);
  }
  no_more_threads(const no_more_threads&) = delete;
  no_more_threads& operator=(const no_more_threads&) = delete;
  ~no_more_threads() {
    set(usual_);
    ::pthread_attr_destroy(&attributes_);
  }

 private:
  void set(std::size_t size) {
    EXPECT_EQ(::pthread_attr_setstacksize(&attributes_, size), 0);
    EXPECT_EQ(::pthread_setattr_default_np(&attributes_), 0);
  }
  pthread_attr_t attributes_{};
  std::size_t usual_ = 0;
};

ASYNC_TEST(thread_pool, makes_do_with_the_threads_that_could_be_started) {
  thread_pool pool{{.max_threads = 4, .name = "few"}};
  gate g;
  auto first = spawn([&]() -> awaitable<void> { co_await run_in_executor(pool, [&] { g.pass(); }); });
  co_await yield();
  g.wait_until_entered();
  const no_more_threads here;
  std::atomic<int> calls = 0;
  std::vector<task<void>> others;
  for (int i = 0; i != 3; ++i)
    others.push_back(spawn([&]() -> awaitable<void> { co_await run_in_executor(pool, [&] { ++calls; }); }));
  co_await yield();
  EXPECT_EQ(calls, 0);
  g.open();
  for (auto& t : others) co_await t;
  EXPECT_EQ(calls, 3);
  co_await first;
}

ASYNC_TEST(thread_pool, without_a_thread_refuses_calls) {
  thread_pool pool{{.max_threads = 1, .name = "none"}};
  const auto call = [&]() -> awaitable<void> { co_await run_in_executor(pool, [] {}); };
  std::string text;
  {
    const no_more_threads here;
    try {
      co_await call();
    } catch (const boost::system::system_error& e) {
      EXPECT_EQ(e.code(), boost::system::errc::resource_unavailable_try_again);
      text = e.what();
    }
  }
  EXPECT_THAT(text, HasSubstr("none: a thread could not be started"));
  co_await call();
}

ASYNC_TEST(thread_pool, that_is_gone_takes_no_calls) {
  auto pool = std::make_unique<thread_pool>(thread_pool_options{.max_threads = 1, .name = "gone"});
  auto call = run_in_executor(*pool, [] {});
  pool.reset();
  std::string text;
  try {
    co_await std::move(call);
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), errc::pool_closed);
    text = e.what();
  }
  EXPECT_THAT(text, HasSubstr("gone"));
}

TEST(thread_pool, refuses_a_name_that_the_system_would_cut) {
  EXPECT_THROW(thread_pool({.max_threads = 1, .name = "sixteen letters!"}), std::invalid_argument);
}

TEST(thread_pool, a_loop_that_ends_takes_its_waiting_calls_along) {
  thread_pool pool{{.max_threads = 1}};
  gate g;
  bool made = false;
  {
    loop l;
    auto first = l.spawn(
        [&]() -> awaitable<void> { co_await run_in_executor(abandon_on_cancel, pool, [&g] { g.pass(); }); });
    auto second = l.spawn([&]() -> awaitable<void> { co_await run_in_executor(pool, [&] { made = true; }); });
    auto main = l.spawn([&]() -> awaitable<void> {
      co_await yield();
      g.wait_until_entered();
    });
    l.run_until(main);
    EXPECT_EQ(pool.waiting(), 1U);
  }
  EXPECT_EQ(pool.waiting(), 0U);
  g.open();
  EXPECT_FALSE(made);
}

}  // namespace bight::thread_pool_test
