// Random programs: what the library makes of them is what the model says, under any order of ready tasks.
// BIGHT_PROGRAMS=N runs N of them instead of 10,000; BIGHT_SEED=N runs that one and prints it.
#include <bight/core.hpp>
#include <cstdlib>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "support/random_program.hpp"

namespace bight::random_program_test {

using test::op;
using test::program_end;
using test::program_node;

struct world {
  std::deque<lock> locks = std::deque<lock>(test::program_locks);
  std::deque<queue<int>> queues;
  program_end end;
  clock::time_point begin;

  world() {
    for (std::size_t i = 0; i != test::program_queues; ++i) queues.emplace_back(test::queue_capacity);
  }
};
using members = std::deque<task<void>>;

class planned_error : public std::runtime_error {
 public:
  explicit planned_error(int id) : std::runtime_error("error " + std::to_string(id)) {}
};

std::string text_of(const std::exception_ptr& error) {
  if (!error) return "ok";
  try {
    std::rethrow_exception(error);
  } catch (const cancelled_error&) { return "cancelled"; } catch (const timeout_error&) {
    return "timeout";
  } catch (const exception_group& g) {
    std::vector<std::string> texts;
    for (const auto& e : g.errors()) texts.push_back(text_of(e));
    return test::group_text(std::move(texts));
  } catch (const planned_error& e) { return e.what(); } catch (const std::exception& e) {
    return std::string{"unexpected: "} + e.what();
  }
}

awaitable<void> execute(const program_node& n, world& w, members* group);

void note_end(const task<void>& t, int id, world& w) {
  t.add_done_callback([id, &w](const task<void>& ended) {
    w.end.tasks[id] = test::task_end(text_of(ended.exception()), clock::now() - w.begin);
  });
}

awaitable<void> execute_group(const program_node& n, world& w, members* group) {
  co_await sleep(n.d);
  members own;
  co_await task_group::run([&](task_group& g) -> awaitable<void> {
    for (std::size_t i = 1; i != n.parts.size(); ++i) {
      own.push_back(g.spawn(execute, std::cref(n.parts[i]), std::ref(w), &own));
      note_end(own.back(), n.parts[i].id, w);
    }
    co_await execute(n.parts[0], w, group);
  });
}

awaitable<void> execute_caught(const program_node& n, world& w, members* group) {
  std::exception_ptr cancelled;
  bool failed = false;
  try {
    co_await execute(n.parts[0], w, group);
  } catch (const std::exception&) {
    if (n.what != op::swallow) throw;
    failed = true;
  } catch (const cancelled_error&) {
    if (n.what == op::swallow) throw;
    cancelled = std::current_exception();
  }
  if (failed) co_await sleep(n.d);
  if (!cancelled) co_return;
  if (n.what == op::fail_on_cancel) throw planned_error{n.id};
  const auto rest = [&n] { return sleep(n.d); };
  co_await uncancellable(rest);
  std::rethrow_exception(cancelled);
}

awaitable<void> execute_action(const program_node& n, world& w, members* group) {
  co_await sleep(n.d);
  switch (n.what) {
    case op::fail:
      throw planned_error{n.id};
    case op::put:
      co_await w.queues[n.target].put(n.id);
      co_await sleep(n.d);
      break;
    case op::get:
      static_cast<void>(co_await w.queues[n.target].get());
      co_await sleep(n.d);
      break;
    case op::cancel:
      if (group) (*group)[n.target].cancel();
      co_await sleep(n.d);
      break;
    case op::locked: {
      const auto held = co_await w.locks[n.target].acquire();
      co_await sleep(n.d);
      co_await execute(n.parts[0], w, group);
      break;
    }
    default:
      break;
  }
}

awaitable<void> execute(const program_node& n, world& w, members* group) {
  const auto part = [&] { return execute(n.parts[0], w, group); };
  switch (n.what) {
    case op::sequence:
      for (const auto& one : n.parts) co_await execute(one, w, group);
      break;
    case op::group:
      co_await execute_group(n, w, group);
      break;
    case op::timeout:
      co_await timeout(n.d, part);
      break;
    case op::move_on:
      static_cast<void>(co_await move_on_after(n.d, part));
      break;
    case op::uncancellable:
      co_await uncancellable(part);
      co_await sleep(n.d);
      break;
    case op::swallow:
    case op::fail_on_cancel:
    case op::clean_up:
      co_await execute_caught(n, w, group);
      break;
    default:
      co_await execute_action(n, w, group);
  }
}

// A program may be stuck for ever, inside `uncancellable`; then what counts is what had ended before.
program_end execute_program(const program_node& program, std::uint64_t shuffle_seed) {
  world w;
  program_end end;
  loop l(loop_options{.clock = clock_mode::virtual_, .shuffle_seed = shuffle_seed});
  const auto main = l.spawn([&]() -> awaitable<void> {
    w.begin = clock::now();
    auto t = spawn(execute, std::cref(program), std::ref(w), nullptr);
    note_end(t, program.id, w);
    co_await t.wait();
    while (w.end.tasks.count(program.id) == 0) co_await yield();  // the callback comes in a turn of its own
  });
  try {
    l.run_until(main);
  } catch (const deadlock_error&) { w.end.stuck = true; }
  end = w.end;
  for (const auto& k : w.locks) end.locked.push_back(k.locked());
  for (const auto& q : w.queues) end.queued.push_back(q.size());
  return end;
}

// Returns false if it was not as predicted.
bool check(std::uint64_t seed) {
  const auto program = test::make_program(seed);
  const auto expected = test::predict(program);
  for (const std::uint64_t shuffle : {std::uint64_t{0}, seed + 1}) {
    const auto actual = execute_program(program, shuffle);
    if (actual == expected) continue;
    ADD_FAILURE() << "BIGHT_SEED=" << seed << " (" << (shuffle == 0 ? "in order" : "shuffled") << ")\n"
                  << test::to_text(program) << "expected:\n"
                  << test::to_text(expected) << "actual:\n"
                  << test::to_text(actual);
    return false;
  }
  return true;
}

TEST(random_programs, end_as_the_model_says) {
  if (const char* const seed = std::getenv("BIGHT_SEED")) {
    std::cout << test::to_text(test::make_program(std::stoull(seed)));
    check(std::stoull(seed));
    return;
  }
  const char* const wanted = std::getenv("BIGHT_PROGRAMS");
  const std::uint64_t count = wanted ? std::stoull(wanted) : 10'000;
  for (std::uint64_t seed = 1; seed <= count; ++seed)
    if (!check(seed)) return;
}

}  // namespace bight::random_program_test
