// sweep: the same body, cancelled and shut down at every await; and what bodies of sweeps are made of.
#pragma once
#include <gtest/gtest.h>
#include <bight/core/awaitable.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/testing/schedule.hpp>
#include <functional>

namespace bight::test {

inline awaitable<void> turns(int n) {
  for (int i = 0; i != n; ++i) co_await yield();
}

/// Runs `run(state)` under 90 orders of ready tasks, each cancelled after 0 to 29 turns.
template <class State>
void cancel_in_any_order(awaitable<void> (*run)(State&), void (*holds)(State&)) {
  State s;
  int n = 0;
  const auto once = [&]() -> awaitable<void> {
    s.begin();
    auto work = spawn(run, std::ref(s));
    co_await turns(n++ % 30);
    work.cancel();
    co_await work.wait();
    static_cast<void>(work.exception());  // an error is an end like another
    holds(s);
  };
  testing::for_each_schedule(once, 90);
}

/// Both sweeps over `run(state)`, and cancellations in any order. `state.begin()` is called before each run,
/// and makes anew what a run uses up; `holds(state)` checks, after each run, what must hold whatever
/// happened.
template <class State>
void sweep(awaitable<void> (*run)(State&), void (*holds)(State&)) {
  State s;
  const auto work = [&s, run] {
    s.begin();
    return run(s);
  };
  const auto invariant = [&s, holds]() -> awaitable<void> {
    holds(s);
    co_return;
  };
  EXPECT_GT(testing::cancel_at_every_await(work, invariant), 0U);
  State t;
  const auto other_work = [&t, run] {
    t.begin();
    return run(t);
  };
  EXPECT_GT(testing::shut_down_at_every_await(other_work, [&t, holds] { holds(t); }), 0U);
  cancel_in_any_order(run, holds);
}

/// Counts the objects that live in frames.
struct frame_state {
  int alive = 0;
  void begin() {}
};
class in_frame {
 public:
  explicit in_frame(frame_state& s) : state_(&s) { ++s.alive; }
  in_frame(const in_frame&) = delete;
  in_frame& operator=(const in_frame&) = delete;
  ~in_frame() { --state_->alive; }

 private:
  frame_state* state_;
};
inline awaitable<int> work(frame_state& s, int n) {
  const in_frame here{s};
  co_await turns(n);
  co_return n;
}
inline void nothing_lives(frame_state& s) { EXPECT_EQ(s.alive, 0); }

}  // namespace bight::test
