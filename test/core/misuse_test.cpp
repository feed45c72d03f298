// The list of misuses that are named, never undefined: each says with its code what is wrong, and with its
// text where.
#include <bight/core.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace bight::misuse_test {

using namespace std::chrono_literals;

constexpr std::chrono::duration<double> nan_seconds{std::numeric_limits<double>::quiet_NaN()};

// What was thrown.
struct complaint {
  boost::system::error_code code;
  std::string kind;
  std::string text;
  friend std::ostream& operator<<(std::ostream& out, const complaint& c) {
    return out << c.kind << " " << c.code << ": " << c.text;
  }
};
complaint complaint_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    return {e.code(), "system_error", e.what()};
  } catch (const std::invalid_argument& e) {
    return {{}, "invalid_argument", e.what()};
  } catch (const std::logic_error& e) { return {{}, "logic_error", e.what()}; } catch (...) {
    return {{}, "another error", describe(error)};
  }
}
template <class F>
complaint about_call(F&& f) {
  try {
    f();
  } catch (...) { return complaint_of(std::current_exception()); }
  return {};
}
awaitable<complaint> about(std::function<awaitable<void>()> body) {
  try {
    co_await body();
  } catch (...) { co_return complaint_of(std::current_exception()); }
  co_return complaint{};
}
// Of the await of `a` alone.
template <class A>
awaitable<complaint> about_await(A a) {
  auto work = detail::to_awaitable(std::move(a));
  try {
    static_cast<void>(co_await std::move(work));
  } catch (...) { co_return complaint_of(std::current_exception()); }
  co_return complaint{};
}

MATCHER_P2(has_code, code, words, "") {
  return arg.code == code && arg.text.find(words) != std::string::npos;
}
MATCHER_P2(is_kind, kind, words, "") { return arg.kind == kind && arg.text.find(words) != std::string::npos; }
auto wrong_use(const char* words) { return is_kind("logic_error", words); }
auto wrong_argument(const char* words) { return is_kind("invalid_argument", words); }

// ---- tasks and loops

ASYNC_TEST(misuse, a_task_that_awaits_itself) {
  task<void> t;
  t = spawn([&]() -> awaitable<void> { co_await t; });
  co_await t.wait();
  EXPECT_THAT(complaint_of(t.exception()), wrong_use("a task awaits itself"));
}

ASYNC_TEST(misuse, a_task_of_another_loop) {
  loop other;
  auto t = other.spawn([]() -> awaitable<void> { co_return; });
  const auto said = co_await about([&]() -> awaitable<void> { co_await t; });
  EXPECT_THAT(said, has_code(errc::wrong_loop, "cannot await a task of another loop"));
  EXPECT_THAT(about_call([&] { loop{}.run_until(t); }), has_code(errc::wrong_loop, "another loop"));
}

ASYNC_TEST(misuse, a_result_before_the_end_or_twice) {
  auto t = spawn([]() -> awaitable<std::string> { co_return "result"; });
  EXPECT_THAT(about_call([&] { t.result(); }), has_code(errc::not_retrievable, "the task has not completed"));
  auto again = t;
  static_cast<void>(co_await std::move(t));
  EXPECT_THAT(about_call([&] { again.result(); }), has_code(errc::value_moved, "co_await std::move(task)"));
}

ASYNC_TEST(misuse, an_awaitable_that_was_moved_from) {
  const auto nothing = []() -> awaitable<void> { co_return; };
  auto work = nothing();
  co_await std::move(work);
  const auto said = co_await about([&]() -> awaitable<void> { co_await std::move(work); });
  EXPECT_THAT(said, wrong_use("awaited twice"));
}

TEST(misuse, without_a_running_loop) {
  const auto nothing = []() -> awaitable<void> { co_return; };
  EXPECT_THAT(about_call([&] { spawn(nothing).detach(); }), has_code(errc::wrong_loop, ""));
  EXPECT_THAT(about_call([] { static_cast<void>(current_task()); }), has_code(errc::wrong_loop, ""));
  EXPECT_THAT(about_call([] { static_cast<void>(all_tasks()); }), has_code(errc::wrong_loop, ""));
  EXPECT_THAT(about_call([] { static_cast<void>(dump_tasks()); }), has_code(errc::wrong_loop, ""));
  EXPECT_THAT(about_call([] { this_task::uncancel(); }), has_code(errc::wrong_loop, ""));
  EXPECT_THAT(about_call([] { loop::current(); }), has_code(errc::wrong_loop, ""));
}

ASYNC_TEST(misuse, a_run_inside_a_run) {
  const auto nothing = []() -> awaitable<void> { co_return; };
  EXPECT_THAT(about_call([&] { run(nothing); }), has_code(errc::loop_running, ""));
  EXPECT_THAT(about_call([&] { run_sharded(1, [](shard) -> awaitable<void> { co_return; }); }),
              has_code(errc::loop_running, ""));
  co_return;
}

awaitable<void> deeper(int n) {
  if (n != 0) co_await deeper(n - 1);
}
ASYNC_TEST(misuse, coroutines_that_await_each_other_without_end) {
  const auto said = co_await about([] { return deeper(20'000); });
  EXPECT_THAT(said, has_code(errc::recursion, "too deep"));
}

TEST(misuse, a_deadlock) {
  lock l;
  const auto said = about_call([&] {
    testing::run_virtual([&]() -> awaitable<void> {
      const auto held = co_await l.acquire();
      const auto again = co_await l.acquire();
    });
  });
  EXPECT_THAT(said, has_code(errc::deadlock, "task-1 waits for lock::acquire"));
}

// ---- a primitive of another loop's thread

// Another loop, on a thread of its own, awaits what `make()` gives, while a task of this one waits there.
template <class Make>
complaint from_another_loop(Make make) {
  complaint said;
  std::thread([&] {
    testing::run_virtual([&]() -> awaitable<void> { said = co_await about_await(make()); });
  }).join();
  return said;
}

ASYNC_TEST(misuse, a_primitive_of_another_loop) {
  lock l;
  semaphore s{0};
  event e;
  barrier b{3};
  latch counted{1};
  queue<int> q;
  promise<int> p;
  const auto held = co_await l.acquire();
  const auto waits = [](auto make) {
    return [make]() -> awaitable<void> { static_cast<void>(co_await make()); };
  };
  const auto at_lock = [&] { return l.acquire(); };
  const auto at_semaphore = [&] { return s.acquire(); };
  const auto at_event = [&] { return e.wait(); };
  const auto at_barrier = [&] { return b.wait(); };
  const auto at_latch = [&] { return counted.wait(); };
  const auto at_queue = [&] { return q.get(); };
  const auto at_future = [&] { return p.get_future(); };
  std::vector<any_task> waiting;
  waiting.emplace_back(spawn(waits(at_lock)));
  waiting.emplace_back(spawn(waits(at_semaphore)));
  waiting.emplace_back(spawn(waits(at_event)));
  waiting.emplace_back(spawn(waits(at_barrier)));
  waiting.emplace_back(spawn(waits(at_latch)));
  waiting.emplace_back(spawn(waits(at_queue)));
  waiting.emplace_back(spawn(waits(at_future)));
  co_await sleep(1s);
  EXPECT_THAT(from_another_loop(at_lock),
              has_code(errc::wrong_loop, "another loop are waiting in lock::acquire"));
  EXPECT_THAT(from_another_loop(at_semaphore), has_code(errc::wrong_loop, "waiting in semaphore::acquire"));
  EXPECT_THAT(from_another_loop(at_event), has_code(errc::wrong_loop, "waiting in event::wait"));
  EXPECT_THAT(from_another_loop(at_barrier), has_code(errc::wrong_loop, "waiting in barrier::wait"));
  EXPECT_THAT(from_another_loop(at_latch), has_code(errc::wrong_loop, "waiting in event::wait"));
  EXPECT_THAT(from_another_loop(at_queue), has_code(errc::wrong_loop, "waiting in queue::get"));
  EXPECT_THAT(from_another_loop(at_future), has_code(errc::wrong_loop, "waiting in future"));
  for (auto& t : waiting) t.cancel();
  co_await wait(waiting);
  EXPECT_EQ(b.waiting(), 0U);
}

// ---- locks and counts

ASYNC_TEST(misuse, releasing_what_is_not_held) {
  lock l;
  condition c{l};
  bounded_semaphore s{1};
  latch counted{1};
  queue<int> q;
  EXPECT_THAT(about_call([&] { l.release(); }), wrong_use("lock::release: not locked"));
  EXPECT_THAT(about_call([&] { s.release(); }), wrong_use("bounded_semaphore::release"));
  EXPECT_THAT(about_call([&] { counted.count_down(2); }), wrong_use("latch::count_down"));
  EXPECT_THAT(about_call([&] { q.task_done(); }), wrong_use("queue::task_done"));
  EXPECT_THAT(about_call([&] { c.notify_all(); }), wrong_use("condition::notify: the lock is not held"));
  const auto said = co_await about([&]() -> awaitable<void> { co_await c.wait(); });
  EXPECT_THAT(said, wrong_use("condition::wait: the lock is not held"));
}

ASYNC_TEST(misuse, more_than_one_result) {
  promise<int> p;
  p.set_value(1);
  EXPECT_THAT(about_call([&] { p.set_value(2); }), wrong_use("promise: the result is already set"));
  promise<int> other;
  const auto result = other.get_future();
  EXPECT_THAT(about_call([&] { static_cast<void>(result.result()); }),
              has_code(errc::not_retrievable, "the future is not done"));
  co_return;
}

ASYNC_TEST(misuse, two_who_wait_where_one_may) {
  const auto numbers = []() -> generator<int> {
    co_await sleep(1s);
    co_yield 1;
  };
  auto all = numbers();
  broadcast<int> channel{1};
  auto mine = channel.subscribe();
  auto a = spawn([&]() -> awaitable<void> { static_cast<void>(co_await all.next()); });
  auto b = spawn([&]() -> awaitable<void> { static_cast<void>(co_await mine.next()); });
  co_await yield();
  const auto second_next =
      co_await about([&]() -> awaitable<void> { static_cast<void>(co_await all.next()); });
  EXPECT_THAT(second_next, wrong_use("generator::next"));
  const auto second_wait = co_await about_await(mine.next());
  EXPECT_THAT(second_wait, wrong_use("broadcast"));
  channel.close();
  co_await a;
  co_await b;
}

// ---- what is over

ASYNC_TEST(misuse, spawning_into_a_group_that_is_being_cancelled) {
  complaint said;
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    group.cancel();
    said = about_call([&] { group.spawn([] { return sleep(1s); }).detach(); });
    co_return;
  });
  EXPECT_THAT(said, has_code(errc::group_closed, "spawn into a task group that is being cancelled"));
}

TEST(misuse, spawning_into_a_group_that_has_ended) {
  complaint said;
  class spawns_at_its_end {
   public:
    spawns_at_its_end(task_group& g, complaint& said) : group_(&g), said_(&said) {}
    spawns_at_its_end(const spawns_at_its_end&) = delete;
    spawns_at_its_end& operator=(const spawns_at_its_end&) = delete;
    ~spawns_at_its_end() {
      *said_ = about_call([this] { group_->spawn([] { return sleep(1s); }).detach(); });
    }

   private:
    task_group* group_;
    complaint* said_;
  };
  {
    loop l;
    l.spawn([&]() -> awaitable<void> {
       co_await task_group::run([&](task_group& group) -> awaitable<void> {
         const auto member = [&]() -> awaitable<void> {
           const spawns_at_its_end here{group, said};
           co_await sleep(1h);
         };
         group.spawn(member).detach();
         co_return;
       });
     }).detach();
    l.run_until(l.spawn([] { return sleep(1ms); }));
  }
  EXPECT_THAT(said, has_code(errc::group_closed, "spawn into a task group that has ended"));
}

ASYNC_TEST(misuse, starting_a_task_that_says_nothing_or_too_much) {
  complaint silent;
  complaint twice;
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    const auto says_nothing = [](task_status<void>) -> awaitable<void> { co_return; };
    const auto says_it_twice = [&](task_status<void> status) -> awaitable<void> {
      status.started();
      twice = about_call([&] { status.started(); });
      co_return;
    };
    silent = co_await about([&]() -> awaitable<void> { co_await group.start(says_nothing); });
    co_await group.start(says_it_twice);
  });
  EXPECT_THAT(silent, wrong_use("task_group::start"));
  EXPECT_THAT(twice, wrong_use("task_status::started"));
}

ASYNC_TEST(misuse, using_what_was_closed) {
  queue<int> q;
  q.shutdown();
  EXPECT_THAT(about_call([&] { q.try_put(1); }), has_code(errc::queue_shut_down, ""));
  const auto put = co_await about_await(q.put(1));
  EXPECT_THAT(put, has_code(errc::queue_shut_down, ""));
  watch<int> w{1};
  w.close();
  EXPECT_THAT(about_call([&] { w.set(2); }), has_code(errc::queue_shut_down, ""));
  pool<int> p({}, []() -> awaitable<int> { co_return 1; });
  static_cast<void>(co_await p.close());
  const auto acquire = co_await about_await(p.acquire());
  EXPECT_THAT(acquire, has_code(errc::pool_closed, "pool"));
}

ASYNC_TEST(misuse, moving_a_deadline_that_has_passed) {
  complaint said;
  co_await timeout(1s, [&](deadline_control& t) -> awaitable<void> {
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {
      said = about_call([&] { t.reschedule(clock::time_point::max()); });
    }
  });
  EXPECT_THAT(said, wrong_use("deadline_control::reschedule"));
}

// ---- destroying what has waiters

// Waits at what `make(*primitive)` gives, and destroys the primitive.
template <class T, class Make>
awaitable<complaint> destroyed_under(std::unique_ptr<T> primitive, Make make) {
  auto waiting = spawn([&]() -> awaitable<complaint> {
    auto said = co_await about_await(make(*primitive));
    co_return said;
  });
  co_await yield();
  EXPECT_FALSE(waiting.done());
  primitive.reset();
  co_return co_await std::move(waiting);
}

ASYNC_TEST(misuse, destroying_a_primitive_that_has_waiters) {
  auto held_lock = std::make_unique<lock>();
  held_lock->try_acquire().detach();
  const auto of_lock = co_await destroyed_under(std::move(held_lock), [](lock& l) { return l.acquire(); });
  EXPECT_THAT(of_lock, has_code(errc::destroyed, "lock::acquire"));
  const auto of_event =
      co_await destroyed_under(std::make_unique<event>(), [](event& e) { return e.wait(); });
  EXPECT_THAT(of_event, has_code(errc::destroyed, "event::wait"));
  const auto of_semaphore =
      co_await destroyed_under(std::make_unique<semaphore>(0U), [](semaphore& s) { return s.acquire(); });
  EXPECT_THAT(of_semaphore, has_code(errc::destroyed, "semaphore::acquire"));
  const auto of_barrier =
      co_await destroyed_under(std::make_unique<barrier>(2U), [](barrier& b) { return b.wait(); });
  EXPECT_THAT(of_barrier, has_code(errc::destroyed, "barrier::wait"));
  const auto of_latch =
      co_await destroyed_under(std::make_unique<latch>(1U), [](latch& l) { return l.wait(); });
  EXPECT_THAT(of_latch, has_code(errc::destroyed, "event::wait"));
  const auto of_get =
      co_await destroyed_under(std::make_unique<queue<int>>(1U), [](queue<int>& q) { return q.get(); });
  EXPECT_THAT(of_get, has_code(errc::destroyed, "queue::get"));
  auto full = std::make_unique<queue<int>>(1U);
  full->try_put(1);
  const auto of_put = co_await destroyed_under(std::move(full), [](queue<int>& q) { return q.put(2); });
  EXPECT_THAT(of_put, has_code(errc::destroyed, "queue::put"));
  auto limiter = std::make_unique<rate_limiter>(1, 1h);
  EXPECT_TRUE(limiter->try_acquire());
  const auto of_limiter =
      co_await destroyed_under(std::move(limiter), [](rate_limiter& l) { return l.acquire(); });
  EXPECT_THAT(of_limiter, has_code(errc::destroyed, "rate_limiter::acquire"));
}

ASYNC_TEST(misuse, destroying_a_condition_that_has_waiters) {
  lock l;
  const auto said = co_await destroyed_under(std::make_unique<condition>(l), [&l](condition& c) {
    const auto waits = [](lock& protects, condition& changed) -> awaitable<void> {
      const auto held = co_await protects.acquire();
      co_await changed.wait();
    };
    return waits(l, c);
  });
  EXPECT_THAT(said, has_code(errc::destroyed, "condition::wait"));
  EXPECT_FALSE(l.locked());
}

// Those that have an end of their own end: it is no mistake.
ASYNC_TEST(misuse, destroying_what_closes_itself_is_an_end) {
  const auto of_promise = co_await destroyed_under(std::make_unique<promise<int>>(),
                                                   [](promise<int>& p) { return p.get_future(); });
  EXPECT_THAT(of_promise, has_code(errc::broken_promise, "promise"));
  const auto of_shared = co_await destroyed_under(std::make_unique<shared_queue<int>>(),
                                                  [](shared_queue<int>& q) { return q.get(); });
  EXPECT_EQ(of_shared.text, "") << "get gives nothing";
}

// ---- durations and limits

ASYNC_TEST(misuse, durations_that_are_no_numbers) {
  const auto nothing = []() -> awaitable<void> { co_return; };
  EXPECT_THAT(about_call([] { static_cast<void>(sleep(nan_seconds)); }), wrong_argument("NaN"));
  EXPECT_THAT(about_call([&] { loop::current().call_later(nan_seconds, [] {}); }), wrong_argument("NaN"));
  EXPECT_THAT(about_call([&] { rate_limiter{1, nan_seconds}; }), wrong_argument("NaN"));
  const auto of_timeout =
      co_await about([&]() -> awaitable<void> { co_await timeout(nan_seconds, nothing); });
  EXPECT_THAT(of_timeout, wrong_argument("NaN"));
  const auto of_wait_for =
      co_await about([&]() -> awaitable<void> { co_await wait_for(nothing(), nan_seconds); });
  EXPECT_THAT(of_wait_for, wrong_argument("NaN"));
  const auto of_move_on =
      co_await about([&]() -> awaitable<void> { co_await move_on_after(nan_seconds, nothing); });
  EXPECT_THAT(of_move_on, wrong_argument("NaN"));
  const auto of_deadline =
      co_await about([&]() -> awaitable<void> { co_await with_deadline(nan_seconds, nothing); });
  EXPECT_THAT(of_deadline, wrong_argument("NaN"));
  const auto of_hedge = co_await about([&]() -> awaitable<void> { co_await hedge(nan_seconds, 2, nothing); });
  EXPECT_THAT(of_hedge, wrong_argument("NaN"));
}

// Negative is as good as zero where there is a zero, and refused where it makes no sense.
ASYNC_TEST(misuse, durations_below_zero) {
  const auto start = clock::now();
  co_await sleep(-1h);
  co_await sleep_until(start - 1h);
  bool called = false;
  loop::current().call_later(-1h, [&] { called = true; });
  co_await sleep(1ns);
  EXPECT_TRUE(called);
  EXPECT_EQ(clock::now() - start, 1ns);
  const auto of_wait_for = co_await about([]() -> awaitable<void> { co_await wait_for(sleep(1h), -1h); });
  EXPECT_THAT(of_wait_for, has_code(errc::timed_out, ""));
  const auto of_timeout =
      co_await about([]() -> awaitable<void> { co_await timeout(-1h, [] { return sleep(1h); }); });
  EXPECT_THAT(of_timeout, has_code(errc::timed_out, ""));
  const auto of_deadline =
      co_await about([]() -> awaitable<void> { co_await with_deadline(-1h, [] { return sleep(1h); }); });
  EXPECT_THAT(of_deadline, has_code(errc::timed_out, ""));
  EXPECT_THAT(about_call([] { rate_limiter{1, -1s}; }), wrong_argument("rate_limiter"));
  retry_policy policy;
  EXPECT_THAT(about_call([&] { policy.backoff(-1s, 1s); }), wrong_argument("backoff"));
}

ASYNC_TEST(misuse, limits_that_make_no_sense) {
  queue<int> q;
  const std::vector<int> items{1};
  const auto each = [](int) -> awaitable<void> { co_return; };
  const auto nothing = []() -> awaitable<void> { co_return; };
  EXPECT_THAT(about_call([] { barrier{0}; }), wrong_argument("barrier"));
  EXPECT_THAT(about_call([] { broadcast<int>{0}; }), wrong_argument("broadcast"));
  EXPECT_THAT(about_call([] { rate_limiter{0, 1s}; }), wrong_argument("rate_limiter"));
  EXPECT_THAT(about_call([] { retry_policy{}.attempts(0); }), wrong_argument("retry_policy"));
  EXPECT_THAT(about_call([&] { static_cast<void>(workers(q, 0, each)); }), wrong_argument("workers"));
  EXPECT_THAT(about_call([&] { static_cast<void>(map_concurrent(items, 0, each)); }),
              wrong_argument("map_concurrent"));
  EXPECT_THAT(about_call([&] { static_cast<void>(hedge(1s, 0, nothing)); }), wrong_argument("hedge"));
  EXPECT_THAT(about_call([] { pool<int>({.max_size = 0}, []() -> awaitable<int> { co_return 1; }); }),
              wrong_argument("pool"));
  EXPECT_THAT(about_call([] { thread_pool({.name = "longer than fifteen"}); }),
              wrong_argument("thread_pool"));
  const auto of_wait = co_await about([]() -> awaitable<void> { co_await wait(std::vector<any_task>()); });
  EXPECT_THAT(of_wait, wrong_argument("wait"));
  const auto of_race =
      co_await about([]() -> awaitable<void> { co_await race(std::vector<awaitable<void>>()); });
  EXPECT_THAT(of_race, wrong_argument("race"));
}

ASYNC_TEST(misuse, blocking_the_loop_by_a_full_shared_queue) {
  shared_queue<int> q{1};
  q.put(1);
  EXPECT_THAT(about_call([&] { q.put(2); }), wrong_use("shared_queue::put would block the loop"));
  co_return;
}

ASYNC_TEST(misuse, a_task_local_without_a_value) {
  const task_local<int> none;
  EXPECT_THAT(about_call([&] { static_cast<void>(none.get()); }), wrong_use("task_local::get"));
  co_return;
}

}  // namespace bight::misuse_test
