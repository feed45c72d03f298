// task_local: values that follow tasks.
#include <bight/core/task_local.hpp>

#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/runner.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/thread_pool.hpp>
#include <bight/core/to_thread.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::task_local_test {

using namespace std::chrono_literals;

task_local<std::string> request_id{"none"};
task_local<std::unique_ptr<int>> without_default;

ASYNC_TEST(task_local, has_a_default_or_says_that_there_is_none) {
  EXPECT_EQ(request_id.get(), "none");
  EXPECT_EQ(request_id.find(), nullptr);
  EXPECT_THROW(without_default.get(), std::logic_error);
  without_default.set(std::make_unique<int>(3));
  EXPECT_EQ(*without_default.get(), 3);
  co_return;
}

TEST(task_local, outside_of_a_task_there_is_the_default_alone) {
  EXPECT_EQ(request_id.get(), "none");
  EXPECT_THROW(request_id.set("x"), boost::system::system_error);
}

ASYNC_TEST(task_local, a_task_begins_with_the_values_of_who_spawned_it) {
  request_id.set("r-1");
  auto early = spawn([]() -> awaitable<std::string> {
    co_await sleep(1s);
    co_return request_id.get();
  });
  request_id.set("r-2");
  auto late = spawn([]() -> awaitable<std::string> { co_return request_id.get(); });
  co_await early;
  co_await late;
  EXPECT_EQ(early.result(), "r-1");
  EXPECT_EQ(late.result(), "r-2");
}

ASYNC_TEST(task_local, what_a_task_sets_is_its_own) {
  request_id.set("mine");
  auto t = spawn([]() -> awaitable<void> {
    request_id.set("other");
    co_await sleep(1s);
    EXPECT_EQ(request_id.get(), "other");
  });
  co_await sleep(500ms);
  EXPECT_EQ(request_id.get(), "mine");
  co_await t;
  EXPECT_EQ(request_id.get(), "mine");
}

ASYNC_TEST(task_local, children_of_groups_and_gathers_inherit) {
  request_id.set("r-7");
  const auto ask = []() -> awaitable<std::string> {
    co_await yield();
    auto before = request_id.get();
    request_id.set("changed");
    co_return before;
  };
  auto [a, b] = co_await gather(ask(), ask());
  EXPECT_EQ(a, "r-7");
  EXPECT_EQ(b, "r-7");
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    auto member = group.spawn(ask);
    const auto seen = co_await member;
    EXPECT_EQ(seen, "r-7");
  });
  EXPECT_EQ(request_id.get(), "r-7");
}

ASYNC_TEST(task_local, with_lasts_as_long_as_its_scope) {
  request_id.set("outer");
  {
    const auto scope = request_id.with("inner");
    EXPECT_EQ(request_id.get(), "inner");
    co_await yield();
    EXPECT_EQ(request_id.get(), "inner");
  }
  EXPECT_EQ(request_id.get(), "outer");
}

task_local<int> other{0};

ASYNC_TEST(task_local, the_end_of_a_scope_restores_its_own_value_alone) {
  {
    const auto scope = request_id.with("inner");
    other.set(7);
    EXPECT_EQ(request_id.get(), "inner");
  }
  EXPECT_EQ(request_id.find(), nullptr) << "there was none";
  EXPECT_EQ(other.get(), 7);
  request_id.set("outer");
  {
    const auto scope = request_id.with("inner");
    other.set(8);
    request_id.set("changed inside");
  }
  EXPECT_EQ(request_id.get(), "outer");
  EXPECT_EQ(other.get(), 8);
  co_return;
}

ASYNC_TEST(task_local, scopes_that_end_in_another_order_do_not_disturb_each_other) {
  using text_scope = task_local<std::string>::scope;
  using number_scope = task_local<int>::scope;
  std::unique_ptr<text_scope> first(new text_scope(request_id.with("a")));
  std::unique_ptr<number_scope> second(new number_scope(other.with(1)));
  first.reset();
  EXPECT_EQ(request_id.get(), "none");
  EXPECT_EQ(other.get(), 1);
  second.reset();
  EXPECT_EQ(other.get(), 0);
  co_return;
}

ASYNC_TEST(task_local, values_follow_into_to_thread) {
  request_id.set("r-1");
  const auto in_thread = [] {
    auto seen = request_id.get();
    request_id.set("changed there");
    EXPECT_EQ(request_id.get(), "changed there");
    const auto scope = request_id.with("inner");
    return seen + ' ' + request_id.get();
  };
  const auto seen = co_await to_thread(in_thread);
  EXPECT_EQ(seen, "r-1 inner");
  EXPECT_EQ(request_id.get(), "r-1");
  thread_pool pool{{.max_threads = 1}};
  const auto in_pool = co_await run_in_executor(pool, in_thread);
  EXPECT_EQ(in_pool, "r-1 inner");
}

ASYNC_TEST(task_local, a_call_on_a_thread_leaves_nothing_behind) {
  thread_pool pool{{.max_threads = 1}};
  co_await run_in_executor(pool, [] { request_id.set("of one call"); });
  const auto seen = co_await run_in_executor(pool, [] { return request_id.get(); });
  EXPECT_EQ(seen, "none");
}

ASYNC_TEST(task_local, a_loop_that_runs_on_such_a_thread_begins_with_its_values) {
  request_id.set("r-1");
  const auto seen = co_await to_thread([] {
    auto inside = run(run_options{.handle_signals = false},
                      []() -> awaitable<std::string> { co_return request_id.get(); });
    return inside + ' ' + request_id.get();
  });
  EXPECT_EQ(seen, "r-1 r-1");
}

ASYNC_TEST(task_local, values_follow_into_callbacks_and_what_they_spawn) {
  auto& l = loop::current();
  std::vector<std::string> seen;
  const auto note = [&] { seen.push_back(request_id.get()); };
  request_id.set("soon");
  l.call_soon(note);
  request_id.set("later");
  l.call_later(1s, note);
  request_id.set("threadsafe");
  l.call_soon_threadsafe(note);
  request_id.set("handle");
  l.handle().call_soon_threadsafe(note);
  request_id.set("done");
  auto t = spawn([]() -> awaitable<void> { co_return; });
  t.add_done_callback([&](task<void>) { note(); });
  request_id.set("spawned");
  task<void> from_callback;
  l.call_soon([&] {
    request_id.set(request_id.get() + " in a callback");
    from_callback = spawn([&]() -> awaitable<void> {
      note();
      co_return;
    });
  });
  request_id.set("mine");
  co_await sleep(2s);
  EXPECT_THAT(seen, ::testing::UnorderedElementsAre("soon", "later", "threadsafe", "handle", "done",
                                                    "spawned in a callback"));
  EXPECT_EQ(request_id.get(), "mine");
}

ASYNC_TEST(task_local, values_follow_into_a_call_on_another_loop) {
  request_id.set("r-1");
  const auto there = loop::current().handle();
  const auto seen = co_await there.submit([]() -> awaitable<std::string> { co_return request_id.get(); });
  EXPECT_EQ(seen, "r-1");
}

TEST(task_local, the_mains_of_a_runner_share_their_values) {
  runner r{run_options{.handle_signals = false}};
  r.run([]() -> awaitable<void> {
    request_id.set("of the first");
    co_return;
  });
  const auto ask = []() -> awaitable<std::string> { co_return request_id.get(); };
  EXPECT_EQ(r.run(ask), "of the first");
  EXPECT_THROW(r.run([]() -> awaitable<void> {
    request_id.set("of one that failed");
    throw std::runtime_error("x");
    co_return;
  }),
               std::runtime_error);
  EXPECT_EQ(r.run(ask), "of one that failed");
  EXPECT_EQ(request_id.get(), "none");
}

TEST(task_local, a_scope_may_go_with_its_loop) {
  loop l;
  l.spawn([]() -> awaitable<void> {
     const auto scope = request_id.with("x");
     co_await sleep(1h);
   }).detach();
  auto main = l.spawn([]() -> awaitable<void> { co_await yield(); });
  l.run_until(main);
}

}  // namespace bight::task_local_test
