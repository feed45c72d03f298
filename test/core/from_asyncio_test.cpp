// The programs of docs/from-asyncio.md, each beside what it prints.
#include <bight/core.hpp>

#include <bight/testing.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/other_loop.hpp"

namespace from_asyncio {

using namespace std::chrono_literals;

std::ostringstream out;

// What a program printed, in virtual time.
template <class F>
std::string printed(F program) {
  out.str({});
  bight::testing::run_virtual(program);
  return out.str();
}
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

// ---- fundamentals ------------------------------------------------------------------------------

bight::awaitable<void> hello() {
  out << "hello\n";
  co_await bight::sleep(1s);
  out << "world\n";
}

bight::awaitable<int> nested() { co_return 42; }
bight::awaitable<void> awaits_nested() {
  // nested();                       // does not compile without a warning: the result must be used
  const int result = co_await nested();
  out << result << '\n';
}

TEST(from_asyncio, fundamentals) {
  EXPECT_EQ(printed(hello), "hello\nworld\n");
  EXPECT_EQ(printed(awaits_nested), "42\n");
  EXPECT_EQ(bight::run(nested), 42);
}

// ---- tasks -------------------------------------------------------------------------------------

bight::awaitable<void> say_after(std::chrono::seconds delay, std::string what) {
  co_await bight::sleep(delay);
  out << what << '\n';
}

bight::awaitable<void> one_after_the_other() {
  co_await say_after(1s, "hello");
  co_await say_after(2s, "world");  // 3 seconds together
}

bight::awaitable<void> at_the_same_time() {
  auto first = bight::spawn(say_after, 1s, "hello");
  auto second = bight::spawn(say_after, 2s, "world");
  co_await first;
  co_await second;  // 2 seconds together
}

bight::awaitable<int> factorial(std::string name, int number) {
  int f = 1;
  for (int i = 2; i <= number; ++i) {
    out << name << ": i = " << i << '\n';
    co_await bight::sleep(1s);
    f *= i;
  }
  co_return f;
}

bight::awaitable<void> gathers() {
  auto [a, b, c] = co_await bight::gather(factorial("A", 2), factorial("B", 3), factorial("C", 4));
  out << a << ' ' << b << ' ' << c << '\n';
}

bight::awaitable<void> in_the_background() {
  for (int i = 0; i != 3; ++i) bight::spawn(say_after, 1s, "done " + std::to_string(i)).detach();
  co_await bight::sleep(2s);
}

TEST(from_asyncio, tasks) {
  EXPECT_EQ(printed(one_after_the_other), "hello\nworld\n");
  EXPECT_EQ(printed(at_the_same_time), "hello\nworld\n");
  EXPECT_THAT(printed(gathers), HasSubstr("2 6 24\n"));
  EXPECT_EQ(printed(in_the_background), "done 0\ndone 1\ndone 2\n");
}

// ---- task groups -------------------------------------------------------------------------------

bight::awaitable<void> grouped() {
  co_await bight::task_group::run([](bight::task_group& group) -> bight::awaitable<void> {
    group.spawn(say_after, 1s, "hello");
    group.spawn(say_after, 2s, "world");
    co_return;
  });
  out << "both have ended\n";
}

bight::awaitable<void> fails_after(std::chrono::seconds delay) {
  co_await bight::sleep(delay);
  throw std::invalid_argument("task failed");
}

bight::awaitable<void> a_member_fails() {
  try {
    co_await bight::task_group::run([](bight::task_group& group) -> bight::awaitable<void> {
      group.spawn(fails_after, 1s);
      group.spawn(say_after, 2s, "never");  // is cancelled
      co_return;
    });
  } catch (const bight::exception_group& group) {
    for (const auto& error : group.errors()) out << bight::describe(error) << '\n';
  }
}

TEST(from_asyncio, task_groups) {
  EXPECT_EQ(printed(grouped), "hello\nworld\nboth have ended\n");
  EXPECT_THAT(printed(a_member_fails), HasSubstr("task failed"));
}

// ---- patterns ----------------------------------------------------------------------------------

bight::awaitable<void> produce(bight::queue<std::string>& items, int n) {
  for (int i = 0; i != n; ++i) {
    co_await bight::sleep(1s);
    co_await items.put("item-" + std::to_string(i));
  }
  items.shutdown();  // no sentinel per consumer needed
}

bight::awaitable<void> consume(bight::queue<std::string>& items, std::string name) {
  auto item = co_await items.get();
  while (item) {
    out << name << ": " << *item << '\n';
    item = co_await items.get();  // nullopt once shut down and drained
  }
}

bight::awaitable<void> producer_and_consumers() {
  bight::queue<std::string> items{10};
  co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
    group.spawn(produce, std::ref(items), 4);
    group.spawn(consume, std::ref(items), "A");
    group.spawn(consume, std::ref(items), "B");
    co_return;
  });
}

bight::awaitable<void> limited(bight::semaphore& slots, int id) {
  const auto permit = co_await slots.acquire();
  out << id << " begins\n";
  co_await bight::sleep(2s);
}

bight::awaitable<void> three_at_a_time() {
  bight::semaphore slots{3};
  std::vector<bight::awaitable<void>> all;
  for (int i = 0; i != 10; ++i) all.push_back(limited(slots, i));
  co_await bight::gather(std::move(all));
}

bight::awaitable<std::string> long_running() {
  co_await bight::sleep(10s);
  co_return "completed";
}

bight::awaitable<void> with_a_timeout() {
  try {
    out << co_await bight::timeout(5s, long_running);
  } catch (const bight::timeout_error&) { out << "timed out after 5 seconds\n"; }
  try {
    out << co_await bight::wait_for(long_running(), 5s);
  } catch (const bight::timeout_error&) { out << "timed out again\n"; }
}

bight::awaitable<void> with_retries() {
  int calls = 0;
  const auto unreliable = [&]() -> bight::awaitable<std::string> {
    co_await bight::sleep(1s);
    if (++calls < 3) throw bight::timeout_error{};
    co_return "success";
  };
  bight::retry_policy policy;
  policy.attempts(3).backoff(1s, 10s).attempt_timeout(2s);
  out << co_await bight::retry(policy, unreliable) << '\n';
}

TEST(from_asyncio, patterns) {
  EXPECT_THAT(printed(producer_and_consumers), HasSubstr("item-3\n"));
  EXPECT_THAT(printed(three_at_a_time), HasSubstr("9 begins\n"));
  EXPECT_EQ(printed(with_a_timeout), "timed out after 5 seconds\ntimed out again\n");
  EXPECT_EQ(printed(with_retries), "success\n");
}

// ---- errors and cancellation -------------------------------------------------------------------

bight::awaitable<void> catches() {
  try {
    co_await fails_after(1s);
  } catch (const std::invalid_argument& e) { out << "caught: " << e.what() << '\n'; }
}

bight::awaitable<void> error_of_a_task() {
  auto task = bight::spawn(fails_after, 1s);
  co_await task.wait();  // never throws
  if (task.done() && task.exception()) out << "the task failed\n";
}

bight::awaitable<void> cleans_up() {
  try {
    co_await bight::sleep(10s);
  } catch (const bight::cancelled_error&) {
    out << "cleaning up\n";
    throw;
  }
}

bight::awaitable<void> cancels() {
  auto task = bight::spawn(cleans_up);
  co_await bight::sleep(1s);
  task.cancel();
  try {
    co_await task;
  } catch (const bight::cancelled_error&) { out << "it was cancelled\n"; }
}

TEST(from_asyncio, errors_and_cancellation) {
  EXPECT_EQ(printed(catches), "caught: task failed\n");
  EXPECT_EQ(printed(error_of_a_task), "the task failed\n");
  EXPECT_EQ(printed(cancels), "cleaning up\nit was cancelled\n");
}

// ---- primitives --------------------------------------------------------------------------------

bight::awaitable<void> increment(bight::lock& lock, int& shared) {
  const auto held = co_await lock.acquire();
  const int before = shared;
  co_await bight::sleep(100ms);
  shared = before + 1;
}

bight::awaitable<void> locks() {
  bight::lock lock;
  int shared = 0;
  std::vector<bight::awaitable<void>> all;
  for (int i = 0; i != 10; ++i) all.push_back(increment(lock, shared));
  co_await bight::gather(std::move(all));
  out << shared << '\n';
}

bight::awaitable<void> events() {
  bight::event ready;
  const auto waiter = [&]() -> bight::awaitable<void> {
    co_await ready.wait();
    out << "received\n";
  };
  const auto setter = [&]() -> bight::awaitable<void> {
    co_await bight::sleep(2s);
    out << "setting\n";
    ready.set();
  };
  co_await bight::gather(waiter(), setter());
}

TEST(from_asyncio, primitives) {
  EXPECT_EQ(printed(locks), "10\n");
  EXPECT_EQ(printed(events), "setting\nreceived\n");
}

// ---- threads -----------------------------------------------------------------------------------

int blocking(int x) {
  std::this_thread::sleep_for(1ms);
  return x * 2;
}

bight::awaitable<void> calls_a_thread() {
  auto [doubled, rested] = co_await bight::gather(bight::to_thread(blocking, 5), bight::sleep(1ms));
  static_cast<void>(rested);
  out << doubled << '\n';
}

bight::awaitable<void> calls_a_pool() {
  bight::thread_pool two{{.max_threads = 2}};  // not shared with other calls
  const int doubled = co_await bight::run_in_executor(two, blocking, 21);
  out << doubled << '\n';
}

TEST(from_asyncio, threads) {
  EXPECT_EQ(printed(calls_a_thread), "10\n");
  EXPECT_EQ(printed(calls_a_pool), "42\n");
}

// ---- several loops -----------------------------------------------------------------------------

bight::awaitable<int> cache_size() { co_return 42; }

bight::awaitable<void> asks_another_loop(bight::loop_handle other) {
  const int size = co_await other.submit(cache_size);  // runs on the other loop, returns here
  out << size << '\n';
}

bight::awaitable<int> work_of(bight::shard me) {
  co_await bight::sleep(1ms);
  co_return static_cast<int>(me.index());
}

std::vector<int> on_four_loops() { return bight::run_sharded(4, work_of); }

TEST(from_asyncio, several_loops) {
  const bight::test::other_loop other;
  EXPECT_EQ(printed([&] { return asks_another_loop(other.handle()); }), "42\n");
  EXPECT_THAT(on_four_loops(), ::testing::ElementsAre(0, 1, 2, 3));
}

// ---- processes ---------------------------------------------------------------------------------

bight::awaitable<void> runs_a_program() {
  const auto done = co_await bight::run_process(bight::command("sh", "-c", "echo hello; exit 3"));
  out << done.output << "returncode " << done.status.returncode() << '\n';
}

bight::awaitable<void> sorts() {
  bight::command what("sort", "-n");
  what.input(bight::stdio::pipe()).output(bight::stdio::pipe());
  bight::subprocess sort{what};
  const auto done = co_await sort.communicate("10\n9\n");
  out << done.output;
}

bight::awaitable<void> reads_lines() {
  bight::command what("seq", "3");
  bight::subprocess seq(what.output(bight::stdio::pipe()));
  bight::line_reader lines{seq.output()};
  auto line = co_await lines.next();
  while (line) {
    out << *line << ' ';
    line = co_await lines.next();
  }
  const auto status = co_await seq.wait();
  out << status.returncode() << '\n';
}

TEST(from_asyncio, processes) {
  EXPECT_EQ(printed(runs_a_program), "hello\nreturncode 3\n");
  EXPECT_EQ(printed(sorts), "9\n10\n");
  EXPECT_EQ(printed(reads_lines), "1 2 3 0\n");
}

// ---- testing -----------------------------------------------------------------------------------

bight::awaitable<std::string> fetch_data() {
  co_await bight::sleep(10ms);
  co_return "expected value";
}

ASYNC_TEST(my_module, fetches) {
  const auto result = co_await fetch_data();
  EXPECT_EQ(result, "expected value");
}

ASYNC_TEST(my_module, works_in_a_group) {
  std::vector<int> results;
  const auto worker = [&](int n) -> bight::awaitable<void> {
    co_await bight::sleep(100ms);
    results.push_back(n);
  };
  co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
    for (int n = 1; n <= 3; ++n) group.spawn(worker, n);
    co_return;
  });
  EXPECT_THAT(results, ::testing::UnorderedElementsAre(1, 2, 3));
}

bight::awaitable<int> compute(int x) {
  co_await bight::sleep(10ms);
  co_return x * 2;
}

class computing : public ::testing::TestWithParam<std::pair<int, int>> {};

ASYNC_TEST_P(computing, doubles) {
  const int result = co_await compute(param.first);
  EXPECT_EQ(result, param.second);
}
INSTANTIATE_TEST_SUITE_P(numbers, computing,
                         ::testing::Values(std::pair{1, 2}, std::pair{3, 6}, std::pair{5, 10}));

// ---- measuring ---------------------------------------------------------------------------------

bight::awaitable<void> measures() {
  const auto start = bight::clock::now();
  const auto operation = [](int) -> bight::awaitable<void> { co_await bight::sleep(100ms); };
  std::vector<int> numbers(100);
  co_await bight::map_concurrent(numbers, 100, operation);
  const auto elapsed = bight::clock::now() - start;
  out << "100 operations in " << elapsed / 1ms << " ms\n";
}

TEST(from_asyncio, measuring) { EXPECT_EQ(printed(measures), "100 operations in 100 ms\n"); }

// ---- looking inside ----------------------------------------------------------------------------

int debugged() {
  const bight::run_options options{.loop = {.debug = true, .slow_step_threshold = 50ms}};
  return bight::run(options, nested);
}

bight::awaitable<void> shows_who_waits() {
  auto fetcher = bight::spawn(bight::named("fetcher", say_after), 1s, "fetched");
  auto reader = bight::spawn(bight::named("reader", [&]() -> bight::awaitable<void> { co_await fetcher; }));
  co_await bight::yield();
  out << bight::dump_tasks(bight::dump_format::awaited_by) << '\n';
  co_await reader;
}

bight::awaitable<void> counts() {
  bight::metrics metrics;
  const auto requests = metrics.add_counter("http_requests_total", "Requests answered.", {{"code", "200"}});
  const auto seconds = metrics.add_histogram("http_request_seconds", "Time to answer.");
  const auto start = bight::clock::now();
  co_await bight::sleep(30ms);
  requests.add();
  seconds.observe(bight::clock::now() - start);
  out << metrics.text();
}

TEST(from_asyncio, looking_inside) {
  EXPECT_EQ(debugged(), 42);
  EXPECT_THAT(printed(shows_who_waits), ContainsRegex("  fetcher waits for sleep[^\n]*\n(    [^\n]*\n)*"
                                                      "    awaited by reader \\(task\\)"));
  const auto text = printed(counts);
  EXPECT_THAT(text, HasSubstr("http_requests_total{code=\"200\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("http_request_seconds_sum 0.03\n"));
}

}  // namespace from_asyncio
