// Signals end programs: what the first one does, and the second.
#include <signal.h>

#include <bight/core/command.hpp>
#include <bight/core/reader.hpp>
#include <bight/core/subprocess.hpp>
#include <bight/testing/async_test.hpp>
#include <optional>
#include <string>

#include "support/processes.hpp"

namespace bight::interrupt_test {

using test::no_children_left;
using ::testing::AnyOf;

// A program of test/core/programs/interrupted.cpp.
class interrupted {
 public:
  explicit interrupted(const std::string& what)
      : child_(command(BIGHT_PROGRAM_INTERRUPTED, what).output(stdio::pipe()).error(stdio::null())),
        lines_(child_.output()) {}
  awaitable<std::string> line() {
    auto next = co_await lines_.read_line();
    co_return next.value_or("the end");
  }
  void signal(int number) { child_.send_signal(number); }
  awaitable<exit_status> end() { return child_.wait(); }

 private:
  no_children_left at_end_;
  subprocess child_;
  reader lines_;
};

ASYNC_TEST(interrupt, the_first_signal_cancels) {
  interrupted p{"waits"};
  const auto ready = co_await p.line();
  EXPECT_EQ(ready, "ready");
  p.signal(SIGTERM);
  const auto status = co_await p.end();
  EXPECT_EQ(status, exit_status::with_code(143));
}

ASYNC_TEST(interrupt, the_second_one_ends_a_program_that_cleans_up) {
  interrupted p{"cleans up"};
  co_await p.line();
  p.signal(SIGINT);
  const auto cancelled = co_await p.line();
  EXPECT_EQ(cancelled, "cancelled");
  p.signal(SIGINT);
  const auto status = co_await p.end();
  EXPECT_EQ(status, exit_status::with_code(130));
}

ASYNC_TEST(interrupt, the_second_one_ends_a_program_whose_step_blocks) {
  interrupted p{"blocks"};
  co_await p.line();
  p.signal(SIGINT);
  p.signal(SIGTERM);
  const auto status = co_await p.end();
  EXPECT_THAT(status, AnyOf(exit_status::with_code(143), exit_status::with_code(130))) << "in either order";
}

ASYNC_TEST(interrupt, an_object_that_holds_signals_gets_all_of_them) {
  interrupted p{"holds"};
  co_await p.line();
  for (const int number : {SIGINT, SIGINT, SIGTERM}) {
    p.signal(number);
    const auto got = co_await p.line();
    EXPECT_EQ(got, "got " + std::to_string(number));
  }
  const auto drained = co_await p.line();
  EXPECT_EQ(drained, "drained");
  const auto status = co_await p.end();
  EXPECT_EQ(status, exit_status::with_code(0));
}

ASYNC_TEST(interrupt, after_the_object_the_next_signal_is_the_first) {
  interrupted p{"held"};
  co_await p.line();
  p.signal(SIGINT);
  const auto let_go = co_await p.line();
  EXPECT_EQ(let_go, "let go");
  p.signal(SIGINT);
  const auto status = co_await p.end();
  EXPECT_EQ(status, exit_status::with_code(130));
}

}  // namespace bight::interrupt_test
