// What reaches beyond the loop, cancelled and shut down at every await: calls on threads and other loops are
// waited for, and no item or signal is lost.
#include <bight/core.hpp>

#include <signal.h>

#include <atomic>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <thread>

#include "support/other_loop.hpp"
#include "support/sweep.hpp"

namespace bight::sweep_threads_test {

using namespace std::chrono_literals;
using test::sweep;
using test::turns;

// Counts the calls that are being made, on whatever thread.
class in_call {
 public:
  explicit in_call(std::atomic<int>& calls) noexcept : calls_(&calls) { ++calls; }
  in_call(const in_call&) = delete;
  in_call& operator=(const in_call&) = delete;
  ~in_call() { --*calls_; }

 private:
  std::atomic<int>* calls_;
};

struct call_state {
  static constexpr thread_pool_options one{.max_threads = 1};
  thread_pool pool{one};
  std::atomic<int> calls = 0;
  void begin() {}
};
awaitable<void> call_threads(call_state& s) {
  int local = 0;  // calls may refer to what their caller has
  const auto add = [&](int n) {
    const in_call here{s.calls};
    std::this_thread::yield();
    local += n;
  };
  co_await run_in_executor(s.pool, add, 1);
  co_await to_thread(add, 2);
  const auto until_stopped_or = [&](std::stop_token stop, int n) {
    for (int i = 0; i != n && !stop.stop_requested(); ++i) std::this_thread::yield();
    add(n);
  };
  co_await run_in_executor(s.pool, until_stopped_or, 3);
  EXPECT_EQ(local, 6);
}
TEST(sweep, calls_on_threads) {
  sweep<call_state>(call_threads, [](call_state& s) { EXPECT_EQ(s.calls, 0); });
}

struct submit_state {
  std::shared_ptr<std::atomic<int>> calls = std::make_shared<std::atomic<int>>(0);
  test::other_loop other;
  void begin() {}
};
awaitable<void> submit_twice(submit_state& s) {
  const auto there = [](std::shared_ptr<std::atomic<int>> calls, int n) -> awaitable<int> {
    const in_call here{*calls};
    co_await turns(n);
    co_return n;
  };
  for (int i = 1; i != 3; ++i) {
    const int n = co_await s.other.handle().submit(there, s.calls, i);
    EXPECT_EQ(n, i);
  }
}
TEST(sweep, submit_cancelled) {
  submit_state s;
  const auto body = [&] { return submit_twice(s); };
  const auto invariant = [&]() -> awaitable<void> {
    EXPECT_EQ(*s.calls, 0) << "it was not waited for";
    co_return;
  };
  EXPECT_GT(testing::cancel_at_every_await(body, invariant), 0U);
}
TEST(sweep, submit_shut_down) {
  submit_state s;
  const auto body = [&] { return submit_twice(s); };
  EXPECT_GT(testing::shut_down_at_every_await(body, [] {}), 0U);
  s.other.stop();
  EXPECT_EQ(*s.calls, 0);
}

// Items come from a thread and from a task of the loop.
struct shared_queue_state {
  static constexpr std::size_t each = 3;
  std::unique_ptr<shared_queue<int>> q;
  std::thread producer;
  std::size_t put = 0;
  std::size_t got = 0;
  void begin() {
    q = std::make_unique<shared_queue<int>>();
    put = got = 0;
    producer = std::thread([this] {
      for (std::size_t i = 0; i != each; ++i) q->put(1);
    });
  }
};
TEST(sweep, shared_queue) {
  sweep<shared_queue_state>(
      [](shared_queue_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          group
              .spawn([&s]() -> awaitable<void> {
                for (std::size_t i = 0; i != s.each; ++i) {
                  co_await turns(2);
                  s.q->try_put(2);
                  ++s.put;
                }
              })
              .detach();
          for (std::size_t i = 0; i != 2 * s.each; ++i) {
            const auto item = co_await s.q->get();
            if (item) ++s.got;
          }
        });
      },
      [](shared_queue_state& s) {
        s.producer.join();
        EXPECT_EQ(s.put + s.each, s.got + s.q->size());
      });
}

struct signal_state {
  void begin() {}
};
TEST(sweep, signals) {
  sweep<signal_state>(
      [](signal_state&) -> awaitable<void> {
        const auto others_may_call = loop::current().handle();  // so that waiting is no deadlock
        signals s{SIGUSR2};
        for (int i = 0; i != 2; ++i) {
          ::raise(SIGUSR2);
          const int number = co_await s.next();
          EXPECT_EQ(number, SIGUSR2);
        }
      },
      [](signal_state&) {});
}

}  // namespace bight::sweep_threads_test
