// The awaiter protocol, with awaiters as a user would write them.
#include <bight/core/awaiter.hpp>

#include <bight/core/awaitable.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace bight::awaiter_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// A place where tasks wait until somebody opens it; every call is written down.
class gate {
 public:
  class pass final : public basic_awaiter<pass, queued_awaiter> {
   public:
    pass(pass&&) = default;
    ~pass() {
      if (parked()) {
        gate_->line_.remove(*this);
        gate_->calls.emplace_back("destroyed");
      }
    }
    const char* waiting_for() const noexcept override { return "gate::enter"; }

   private:
    friend class basic_awaiter<pass, queued_awaiter>;
    friend class gate;
    explicit pass(gate& g) noexcept : gate_(&g) {}
    bool ready() override {
      gate_->calls.emplace_back("ready");
      if (gate_->ready_throws) throw std::runtime_error("ready");
      return gate_->open;
    }
    void park() override {
      gate_->calls.emplace_back("park");
      if (gate_->park_throws) throw std::runtime_error("park");
      gate_->line_.push_back(*this);
      if (gate_->wakes_in_park) gate_->open_for_one();
    }
    bool unpark() noexcept override {
      gate_->calls.emplace_back("unpark");
      if (gate_->stays) return false;
      gate_->line_.remove(*this);
      return true;
    }
    std::unique_ptr<int> result() {
      gate_->calls.emplace_back("result");
      if (gate_->strikes_at_end) throw_if_cancelled();
      return std::make_unique<int>(42);
    }
    gate* gate_;
  };

  pass enter() noexcept { return pass{*this}; }
  bool anyone() const noexcept { return !line_.empty(); }
  void open_for_one() {
    auto* const first = static_cast<pass*>(line_.front());
    line_.remove(*first);
    first->wake();
  }
  void open_in_place() {
    auto* const first = static_cast<pass*>(line_.front());
    line_.remove(*first);
    first->wake_in_place();
  }

  bool open = false;
  bool stays = false;
  bool strikes_at_end = false;
  bool ready_throws = false;
  bool park_throws = false;
  bool wakes_in_park = false;
  std::vector<std::string> calls;

 private:
  waiter_list line_;
};

awaitable<void> ready_awaits(int n) {
  auto nothing = []() -> awaitable<void> { co_return; };
  for (int i = 0; i != n; ++i) co_await nothing();
}

awaitable<int> enter(gate& g) {
  const auto value = co_await g.enter();
  co_return *value;
}

ASYNC_TEST(awaiter, that_is_ready_does_not_wait) {
  gate g;
  g.open = true;
  const auto value = co_await g.enter();
  EXPECT_EQ(*value, 42);
  EXPECT_THAT(g.calls, ElementsAre("ready", "result"));
}

ASYNC_TEST(awaiter, that_is_not_ready_parks_until_it_is_woken) {
  gate g;
  auto t = spawn(enter, std::ref(g));
  co_await yield();
  EXPECT_TRUE(g.anyone());
  EXPECT_FALSE(t.done());
  g.open_for_one();
  EXPECT_FALSE(t.done());  // in its turn, not inside wake()
  const int value = co_await t;
  EXPECT_EQ(value, 42);
  EXPECT_THAT(g.calls, ElementsAre("ready", "park", "result"));
}

ASYNC_TEST(awaiter, may_be_woken_inside_park) {
  gate g;
  g.wakes_in_park = true;
  const int value = co_await enter(g);
  EXPECT_EQ(value, 42);
}

ASYNC_TEST(awaiter, may_be_awaited_again_and_again_by_name) {
  gate g;
  g.wakes_in_park = true;
  auto pass = g.enter();
  for (int i = 0; i != 3; ++i) {
    const auto value = co_await pass;
    EXPECT_EQ(*value, 42);
  }
}

ASYNC_TEST(awaiter, is_unparked_by_a_cancellation) {
  gate g;
  std::string waited_for;
  auto t = spawn([&]() -> awaitable<void> {
    try {
      co_await g.enter();
    } catch (const cancelled_error& e) {
      waited_for = e.waiting_for();
      throw;
    }
  });
  co_await yield();
  t.cancel();
  EXPECT_FALSE(g.anyone());
  EXPECT_FALSE(t.done());  // in its turn
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_EQ(waited_for, "gate::enter");
  EXPECT_THAT(g.calls, ElementsAre("ready", "park", "unpark"));
}

ASYNC_TEST(awaiter, that_refuses_to_unpark_is_awaited_to_its_end) {
  gate g;
  g.stays = true;
  auto t = spawn(enter, std::ref(g));
  co_await yield();
  t.cancel();
  t.cancel();
  co_await yield();
  EXPECT_TRUE(g.anyone());
  g.open_for_one();
  const int value = co_await t;  // the result is delivered, the request stays
  EXPECT_EQ(value, 42);
  EXPECT_FALSE(t.cancelled());
  EXPECT_EQ(t.cancelling(), 2U);
  EXPECT_THAT(g.calls, ElementsAre("ready", "park", "unpark", "unpark", "result"));
}

ASYNC_TEST(awaiter, that_refuses_to_unpark_may_deliver_the_cancellation_at_its_end) {
  gate g;
  g.stays = g.strikes_at_end = true;
  auto t = spawn(enter, std::ref(g));
  co_await yield();
  t.cancel();
  g.open_for_one();
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(awaiter, is_not_parked_when_a_cancellation_is_due) {
  gate g;
  task<void> t;
  t = spawn([&]() -> awaitable<void> {
    t.cancel();
    co_await g.enter();
  });
  co_await t.wait();
  EXPECT_TRUE(t.cancelled());
  EXPECT_THAT(g.calls, ElementsAre("ready"));
}

ASYNC_TEST(awaiter, that_is_ready_wins_over_a_cancellation_that_is_due) {
  gate g;
  g.open = true;
  task<int> t;
  t = spawn([&]() -> awaitable<int> {
    t.cancel();
    const auto value = co_await g.enter();
    co_return *value;
  });
  const int value = co_await t;
  EXPECT_EQ(value, 42);
}

ASYNC_TEST(awaiter, woken_before_the_cancellation_gets_its_result) {
  gate g;
  auto t = spawn(enter, std::ref(g));
  co_await yield();
  g.open_for_one();
  t.cancel();
  const int value = co_await t;
  EXPECT_EQ(value, 42);
  EXPECT_EQ(t.cancelling(), 1U);
}

// After any number of ready awaits the budget may be used up: the protocol is the same.
ASYNC_TEST(awaiter, keeps_the_protocol_when_the_budget_is_used_up) {
  for (int spent = 250; spent != 260; ++spent) {
    gate g;
    g.open = true;
    co_await ready_awaits(spent);
    const auto value = co_await g.enter();
    EXPECT_EQ(*value, 42) << spent;
    EXPECT_THAT(g.calls, ElementsAre("ready", "result")) << spent;
  }
}

ASYNC_TEST(awaiter, with_the_budget_used_up_takes_nothing_when_it_is_cancelled) {
  int struck = 0;
  for (int spent = 250; spent != 260; ++spent) {
    gate g;
    g.open = true;
    task<void> t;
    t = spawn([&]() -> awaitable<void> {
      t.cancel();
      co_await ready_awaits(spent);
      co_await g.enter();
    });
    co_await t.wait();
    if (!t.cancelled()) continue;
    ++struck;
    EXPECT_TRUE(g.calls.empty()) << spent;
  }
  EXPECT_GT(struck, 0);
  EXPECT_LT(struck, 10);
}

ASYNC_TEST(awaiter, errors_of_ready_and_park_reach_the_coroutine) {
  for (int spent : {0, 253, 254, 255, 256, 257}) {
    for (const bool in_park : {false, true}) {
      gate g;
      (in_park ? g.park_throws : g.ready_throws) = true;
      co_await yield();
      co_await ready_awaits(spent);
      std::string what;
      try {
        co_await g.enter();
      } catch (const std::runtime_error& e) { what = e.what(); }
      EXPECT_EQ(what, in_park ? "park" : "ready") << spent;
    }
  }
  co_await sleep(1s);  // the task is in order afterwards
}

TEST(awaiter, may_resume_its_task_in_place_from_a_callback) {
  gate g;
  bool resumed = false;
  bool resumed_inside = false;
  loop l;
  auto t = l.spawn([&]() -> awaitable<void> {
    co_await g.enter();
    resumed = true;
  });
  auto opener = l.spawn([&]() -> awaitable<void> {
    l.call_soon_threadsafe([&] {
      g.open_in_place();
      resumed_inside = resumed;
    });
    co_await t;
  });
  l.run_until(opener);
  EXPECT_TRUE(resumed_inside);
}

TEST(awaiter, is_destroyed_where_it_waits_when_the_loop_is_destroyed) {
  gate g;
  {
    loop l;
    l.spawn(enter, std::ref(g)).detach();
    l.run_until(l.spawn([]() -> awaitable<void> { co_await yield(); }));
    EXPECT_TRUE(g.anyone());
  }
  EXPECT_FALSE(g.anyone());
  EXPECT_EQ(g.calls.back(), "destroyed");
}

ASYNC_TEST(awaiter, of_a_user_works_with_wait_for_and_gather) {
  gate g;
  bool timed_out = false;
  try {
    co_await wait_for(g.enter(), 1s);
  } catch (const timeout_error&) { timed_out = true; }
  EXPECT_TRUE(timed_out);
  g.open = true;
  const auto value = co_await wait_for(g.enter(), 1s);
  EXPECT_EQ(*value, 42);
}

ASYNC_TEST(waiter_list, keeps_the_order_and_unlinks_in_the_middle) {
  gate g;
  std::string order;
  auto waits = [&](char name) -> awaitable<void> {
    co_await g.enter();
    order += name;
  };
  auto a = spawn(waits, 'a');
  auto b = spawn(waits, 'b');
  auto c = spawn(waits, 'c');
  auto d = spawn(waits, 'd');
  co_await yield();
  b.cancel();
  d.cancel();
  auto e = spawn(waits, 'e');
  co_await yield();
  while (g.anyone()) g.open_for_one();
  co_await a;
  co_await c;
  co_await e;
  EXPECT_EQ(order, "ace");
  EXPECT_TRUE(b.cancelled());
  EXPECT_TRUE(d.cancelled());
}

}  // namespace bight::awaiter_test
