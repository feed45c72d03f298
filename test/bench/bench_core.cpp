// bench_core CASE N: what the primitives cost. A one-hour timer is pending throughout, as in any real
// program.
#include <bight/core.hpp>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "bench/report.hpp"

namespace {

using namespace std::chrono_literals;
using bight::awaitable;

awaitable<int> ready(int x) { co_return x + 1; }
awaitable<void> nothing() { co_return; }
awaitable<void> sleeper(std::chrono::nanoseconds d) { co_await bight::sleep(d); }
constexpr long group_size = 1000;

awaitable<void> await_ready(long n) {
  const bench::stopwatch watch;
  long sum = 0;
  for (long i = 0; i != n; ++i) sum += co_await ready(1);
  if (sum != 2 * n) std::abort();
  watch.report("await", n);
}

awaitable<void> spawn_join(long n) {
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i) co_await bight::spawn(nothing);
  watch.report("spawn_join", n);
}

awaitable<void> yield(long n) {
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i) co_await bight::yield();
  watch.report("yield", n);
}

awaitable<void> sem(long n) {
  bight::semaphore slots{1};
  volatile long inside = 0;
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i) {
    auto permit = co_await slots.acquire();
    inside = inside + 1;
  }
  watch.report("sem", n);
}

awaitable<void> gather(long n) {
  const bench::stopwatch watch;
  for (long i = 0; i < n; i += group_size) {
    std::vector<awaitable<void>> children;
    children.reserve(group_size);
    for (long c = 0; c != group_size; ++c) children.push_back(nothing());
    co_await bight::gather(std::move(children));
  }
  watch.report("gather", n);
}

awaitable<void> produce(bight::queue<int>& q, long n) {
  for (long i = 0; i != n; ++i) co_await q.put(static_cast<int>(i));
  q.shutdown();
}
awaitable<long> consume(bight::queue<int>& q) {
  long got = 0;
  while (true) {
    auto item = co_await q.get();
    if (!item) co_return got;
    ++got;
  }
}
awaitable<void> queue(long n) {
  bight::queue<int> q{1024};
  const bench::stopwatch watch;
  auto [none, got] = co_await bight::gather(produce(q, n), consume(q));
  if (got != n) std::abort();
  watch.report("queue", n);
}

awaitable<void> hold(bight::semaphore& lock, long times) {
  for (long i = 0; i != times; ++i) {
    auto permit = co_await lock.acquire();
    co_await bight::yield();
  }
}
awaitable<void> mutex_contended(long n) {
  bight::semaphore lock{1};
  const bench::stopwatch watch;
  co_await bight::task_group::run([&](bight::task_group& group) -> awaitable<void> {
    for (long t = 0; t != group_size; ++t) group.spawn(hold, std::ref(lock), n / group_size).detach();
    co_return;
  });
  watch.report("mutex_contended", n);
}

awaitable<void> timeout(long n) {
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i) co_await bight::wait_for(ready(1), 1s);
  watch.report("timeout", n);
}

awaitable<void> timeout_yield(long n) {
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i) co_await bight::wait_for(bight::yield(), 1s);
  watch.report("timeout_yield", n);
}

awaitable<void> cancel(long n) {
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i) {
    auto t = bight::spawn(sleeper, 1000s);
    co_await bight::yield();
    t.cancel();
    co_await t.wait();
  }
  watch.report("cancel", n);
}

awaitable<void> cancel_join(long n) {
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i) {
    auto t = bight::spawn(sleeper, 1000s);
    co_await bight::yield();
    t.cancel();
    try {
      co_await t;
    } catch (const bight::cancelled_error&) {}
  }
  watch.report("cancel_join", n);
}

// All sleep until the same moment; CPU is what counts.
awaitable<void> sleep(long n) {
  const bench::stopwatch watch;
  const long before = bench::resident_bytes();
  const auto wake_up = bight::clock::now() + 5s;
  std::vector<bight::task<void>> tasks;
  tasks.reserve(static_cast<std::size_t>(n));
  for (long i = 0; i != n; ++i) tasks.push_back(bight::spawn(sleeper, wake_up - bight::clock::now()));
  co_await bight::yield();
  co_await bight::yield();
  const double bytes = static_cast<double>(bench::resident_bytes() - before) / static_cast<double>(n);
  for (auto& t : tasks) co_await t;
  watch.report("sleep", n, ",\"bytes_per_task\":" + std::to_string(bytes));
}

// All sleep, all are cancelled, all end: what a server with that many connections does when it stops.
awaitable<void> cancel_all(long n) {
  const bench::stopwatch watch;
  std::vector<bight::task<void>> tasks;
  tasks.reserve(static_cast<std::size_t>(n));
  for (long i = 0; i != n; ++i) tasks.push_back(bight::spawn(sleeper, 1h));
  co_await bight::yield();
  for (auto& t : tasks) t.cancel();
  for (auto& t : tasks) co_await t.wait();
  watch.report("cancel_all", n);
}

// One way there and back.
awaitable<void> call_thread() {
  co_await bight::to_thread([] {});
}
awaitable<void> to_thread(long n) {
  co_await call_thread();  // the thread starts
  const bench::stopwatch watch;
  for (long i = 0; i != n; ++i) co_await call_thread();
  watch.report("to_thread", n);
}

// 32 at a time.
awaitable<void> to_thread_32(long n) {
  std::vector<long> all(static_cast<std::size_t>(n));
  const auto call = [](long) { return call_thread(); };
  const bench::stopwatch watch;
  co_await bight::map_concurrent(all, 32, call);
  watch.report("to_thread_32", n);
}

struct bench_case {
  std::string_view name;
  awaitable<void> (*run)(long);
};
constexpr std::array cases{bench_case{"await", await_ready},
                           bench_case{"spawn_join", spawn_join},
                           bench_case{"yield", yield},
                           bench_case{"sem", sem},
                           bench_case{"gather", gather},
                           bench_case{"queue", queue},
                           bench_case{"mutex_contended", mutex_contended},
                           bench_case{"timeout", timeout},
                           bench_case{"timeout_yield", timeout_yield},
                           bench_case{"cancel", cancel},
                           bench_case{"cancel_join", cancel_join},
                           bench_case{"cancel_all", cancel_all},
                           bench_case{"sleep", sleep},
                           bench_case{"to_thread", to_thread},
                           bench_case{"to_thread_32", to_thread_32}};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  const long n = argc > 2 ? std::atol(argv[2]) : 0;
  for (const auto& c : cases) {
    if (c.name != name || n <= 0) continue;
    bight::run([&]() -> awaitable<void> {
      auto pending = bight::spawn(sleeper, 1h);
      co_await c.run(n);
      pending.cancel();
    });
    return 0;
  }
  std::fputs("usage: bench_core CASE N, CASE one of:", stderr);
  for (const auto& c : cases) std::fprintf(stderr, " %.*s", static_cast<int>(c.name.size()), c.name.data());
  std::fputc('\n', stderr);
  return 2;
}
