// finally and with: the clean-up happens, whatever happens.
#include <bight/core/finally.hpp>

#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/log_capture.hpp"

namespace bight::finally_test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct steps {
  std::vector<std::string> seen;
  awaitable<void> clean() {
    co_await sleep(1s);
    seen.emplace_back("clean");
  }
};

ASYNC_TEST(finally, comes_after_the_result) {
  steps s;
  const int value = co_await finally(
      [&]() -> awaitable<int> {
        co_await sleep(1s);
        s.seen.emplace_back("body");
        co_return 5;
      },
      [&] { return s.clean(); });
  EXPECT_EQ(value, 5);
  EXPECT_THAT(s.seen, ElementsAre("body", "clean"));
}

ASYNC_TEST(finally, comes_after_an_error_too) {
  steps s;
  const auto fails = []() -> awaitable<void> {
    throw std::runtime_error("body");
    co_return;
  };
  std::string what;
  try {
    co_await finally(fails, [&] { return s.clean(); });
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "body");
  EXPECT_THAT(s.seen, ElementsAre("clean"));
}

ASYNC_TEST(finally, comes_after_a_cancellation_and_does_not_feel_it) {
  steps s;
  auto t = spawn([&]() -> awaitable<void> {
    const auto rest = []() -> awaitable<void> { co_await sleep(1h); };
    co_await finally(rest, [&] { return s.clean(); });
  });
  co_await sleep(1s);
  t.cancel();
  co_await sleep(500ms);
  t.cancel();  // during the clean-up
  co_await t.wait();
  EXPECT_THAT(s.seen, ElementsAre("clean"));
  EXPECT_TRUE(t.cancelled());
}

ASYNC_TEST(finally, has_a_limit) {
  const auto start = clock::now();
  const auto nothing = []() -> awaitable<void> { co_return; };
  const auto endless = []() -> awaitable<void> { co_await sleep(1h); };
  bool expired = false;
  try {
    co_await finally(nothing, endless, 3s);
  } catch (const timeout_error&) { expired = true; }
  EXPECT_TRUE(expired);
  EXPECT_EQ(clock::now() - start, 3s);
}

TEST(finally, cleans_up_even_if_two_cancellations_are_due_and_others_run_first) {
  bool begun = false;
  bool cleaned = false;
  const run_options options{.loop = {.clock = clock_mode::virtual_, .yield_at_every_await = true},
                            .handle_signals = false};
  run(options, [&]() -> awaitable<void> {
    task<void> t;
    t = spawn([&]() -> awaitable<void> {
      const auto work = [&]() -> awaitable<void> {
        begun = true;
        try {
          co_await sleep(1h);
        } catch (const cancelled_error&) {
          t.cancel();  // a second time, before the clean-up begins
          throw;
        }
      };
      const auto clean = [&]() -> awaitable<void> {
        co_await yield();
        cleaned = true;
      };
      co_await finally(work, clean);
    });
    co_await sleep(1s);
    t.cancel();
    co_await t.wait();
  });
  EXPECT_TRUE(begun);
  EXPECT_TRUE(cleaned);
}

ASYNC_TEST(finally, the_error_of_the_body_wins_and_the_other_is_logged) {
  test::log_capture log;
  const auto fail = [](const char* with) -> awaitable<void> {
    throw std::runtime_error(with);
    co_return;
  };
  std::string what;
  try {
    co_await finally([&] { return fail("first"); }, [&] { return fail("second"); });
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "first");
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("second")));
}

class resource {
 public:
  explicit resource(int& open) : open_(&open) { ++open; }
  resource(resource&& other) noexcept : open_(std::exchange(other.open_, nullptr)) {}
  resource& operator=(resource&&) = delete;
  ~resource() = default;  // closes nothing: `with` does
  awaitable<void> close() {
    co_await yield();
    --*open_;
  }

 private:
  int* open_;
};

ASYNC_TEST(with, closes_the_resource) {
  int open = 0;
  resource r{open};
  const int value = co_await with(std::move(r), [&](resource&) -> awaitable<int> {
    EXPECT_EQ(open, 1);
    co_await yield();
    co_return 3;
  });
  EXPECT_EQ(value, 3);
  EXPECT_EQ(open, 0);
}

TEST(with, closes_it_wherever_it_is_cancelled) {
  int open = 0;
  const auto body = [&]() -> awaitable<void> {
    resource r{open};
    const auto use = [](resource&) -> awaitable<void> {
      co_await yield();
      co_await sleep(1s);
    };
    co_await with(std::move(r), use);
  };
  const auto closed = [&]() -> awaitable<void> {
    EXPECT_EQ(open, 0);
    co_return;
  };
  EXPECT_GT(testing::cancel_at_every_await(body, closed), 3U);
}

}  // namespace bight::finally_test
