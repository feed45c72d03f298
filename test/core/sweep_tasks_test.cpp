// Tasks, scopes and time, cancelled and shut down at every await: nothing lives on, nothing hangs, nothing
// leaks.
#include <bight/core.hpp>
#include <bight/testing/async_test.hpp>
#include <functional>
#include <vector>

#include "support/sweep.hpp"

namespace bight::sweep_tasks_test {

using namespace std::chrono_literals;
using test::frame_state;
using test::in_frame;
using test::nothing_lives;
using test::sweep;
using test::turns;
using test::work;

TEST(sweep, gather_and_settled) {
  sweep<frame_state>(
      [](frame_state& s) -> awaitable<void> {
        auto [a, b] = co_await gather(work(s, 1), work(s, 3));
        auto [c, d] = co_await gather_settled(work(s, a), work(s, b));
        EXPECT_EQ(*c + *d, 4);
      },
      nothing_lives);
}
TEST(sweep, race_and_timeout) {
  sweep<frame_state>(
      [](frame_state& s) -> awaitable<void> {
        const auto nap = [&s](clock::duration d) -> awaitable<void> {
          const in_frame here{s};
          co_await sleep(d);
        };
        const auto first = co_await race(nap(1s), nap(3s));
        const bool ended = first.index() == 0;
        EXPECT_TRUE(ended);
        const auto slow = [&] { return nap(1h); };
        const bool in_time = co_await move_on_after(1s, slow);
        EXPECT_FALSE(in_time);
      },
      nothing_lives);
}
TEST(sweep, task_group_start_and_cancel) {
  sweep<frame_state>(
      [](frame_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          const auto server = [&s](task_status<int> status) -> awaitable<void> {
            const in_frame here{s};
            co_await turns(2);
            status.started(1);
            co_await sleep(1h);
          };
          const int port = co_await group.start<int>(server);
          EXPECT_EQ(port, 1);
          group.cancel();
        });
      },
      nothing_lives);
}
TEST(sweep, tasks_and_their_ends) {
  sweep<frame_state>(
      [](frame_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          std::vector<task<int>> tasks;
          for (int i = 0; i != 3; ++i) tasks.push_back(group.spawn(eager(work), std::ref(s), i));
          const auto some = co_await wait(tasks, return_when::first_completed);
          EXPECT_FALSE(some.done.empty());
          as_completed ended{tasks};
          auto t = co_await ended.next();
          while (t) t = co_await ended.next();
        });
      },
      nothing_lives);
}
TEST(sweep, joins_and_shields) {
  sweep<frame_state>(
      [](frame_state& s) -> awaitable<void> {
        co_await task_group::run([&s](task_group& group) -> awaitable<void> {
          auto joined = group.spawn(work, std::ref(s), 2);
          auto shielded = group.spawn(work, std::ref(s), 4);
          static_cast<void>(co_await joined);
          static_cast<void>(co_await shield(shielded));
          co_await joined.wait();
        });
      },
      nothing_lives);
}
TEST(sweep, generator) {
  sweep<frame_state>(
      [](frame_state& s) -> awaitable<void> {
        const auto numbers = [](frame_state& in) -> generator<int> {
          const in_frame here{in};
          for (int i = 0; i != 3; ++i) {
            co_await turns(i);
            co_yield i;
          }
        };
        auto all = numbers(s);
        int expected = 0;
        auto n = co_await all.next();
        while (n) {
          EXPECT_EQ(*n, expected++);
          n = co_await all.next();
        }
        EXPECT_EQ(expected, 3);
      },
      nothing_lives);
}

// A clean-up that was due has happened, except where the loop ended.
struct cleanup_state : frame_state {
  int opened = 0;
  int closed = 0;
  void begin() { opened = closed = 0; }
};
class resource {
 public:
  explicit resource(cleanup_state& s) : state_(&s), in_frame_(std::make_unique<in_frame>(s)) { ++s.opened; }
  awaitable<void> close() {
    co_await turns(2);
    ++state_->closed;
  }

 private:
  cleanup_state* state_;
  std::unique_ptr<in_frame> in_frame_;
};
awaitable<void> clean_up_twice(cleanup_state& s) {
  const auto body = [&]() -> awaitable<int> {
    ++s.opened;
    co_return co_await work(s, 2);
  };
  const auto cleanup = [&]() -> awaitable<void> {
    co_await turns(2);
    ++s.closed;
  };
  const int two = co_await finally(body, cleanup);
  EXPECT_EQ(two, 2);
  resource r{s};
  co_await with(std::move(r), [&](resource&) -> awaitable<void> { static_cast<void>(co_await work(s, 2)); });
}
TEST(sweep, finally_and_with_clean_up_however_they_are_cancelled) {
  cleanup_state s;
  const auto body = [&] {
    s.begin();
    return clean_up_twice(s);
  };
  const auto invariant = [&]() -> awaitable<void> {
    EXPECT_GE(s.closed, s.opened);  // the body may not have begun
    EXPECT_EQ(s.alive, 0);
    co_return;
  };
  EXPECT_GT(testing::cancel_at_every_await(body, invariant), 0U);
}
TEST(sweep, finally_and_with_end_with_their_loop) {
  sweep<cleanup_state>(clean_up_twice, [](cleanup_state& s) { EXPECT_EQ(s.alive, 0); });
}

TEST(sweep, deadlines) {
  sweep<frame_state>(
      [](frame_state& s) -> awaitable<void> {
        const auto nap = [&s](clock::duration d) -> awaitable<void> {
          const in_frame here{s};
          co_await sleep(d);
        };
        co_await with_deadline(1h, [&] { return nap(1s); });
        bool expired = false;
        try {
          co_await timeout(1s, [&](deadline_control& t) -> awaitable<void> {
            co_await nap(500ms);
            t.reschedule(t.when() + 1s);
            co_await nap(1h);
          });
        } catch (const timeout_error&) { expired = true; }
        EXPECT_TRUE(expired);
        try {
          co_await wait_for(nap(1h), 1s);
          ADD_FAILURE() << "no timeout";
        } catch (const timeout_error&) {}
        EXPECT_EQ(current_deadline(), clock::time_point::max());
      },
      nothing_lives);
}
TEST(sweep, uncancellable) {
  sweep<frame_state>(
      [](frame_state& s) -> awaitable<void> {
        bool ended = false;
        co_await uncancellable([&]() -> awaitable<void> {
          static_cast<void>(co_await work(s, 3));
          ended = true;
        });
        EXPECT_TRUE(ended);
        static_cast<void>(co_await work(s, 2));
      },
      nothing_lives);
}

}  // namespace bight::sweep_tasks_test
