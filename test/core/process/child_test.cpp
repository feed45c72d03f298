// Children where pidfd_open is forbidden: a thread waits for each.
#include "core/process/child.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <string>
#include <vector>

#include "support/log_capture.hpp"
#include "support/processes.hpp"

namespace bight::child_test {

using namespace std::chrono_literals;
using test::no_children_left;
using ::testing::HasSubstr;

class child_watch : public ::testing::TestWithParam<detail::child_watch> {
 public:
  child_watch() { detail::set_child_watch(GetParam()); }
  ~child_watch() override { detail::set_child_watch(detail::child_watch::automatic); }
};
INSTANTIATE_TEST_SUITE_P(ways, child_watch,
                         ::testing::Values(detail::child_watch::automatic, detail::child_watch::thread));

command shell(const std::string& script) { return command("sh", "-c", script); }

ASYNC_TEST_P(child_watch, tells_the_end) {
  const no_children_left at_end;
  const auto done = co_await run_process(shell("echo out; exit 3"));
  EXPECT_EQ(done.status, exit_status::with_code(3));
  EXPECT_EQ(done.output, "out\n");
}

ASYNC_TEST_P(child_watch, counts_as_external_work) {
  const no_children_left at_end;
  subprocess child(shell("read line").input(stdio::pipe()));
  auto waits = spawn([&] { return child.wait(); });
  co_await sleep(1ms);  // virtual time does not report a deadlock meanwhile
  EXPECT_FALSE(waits.done());
  child.input().close();
  const auto status = co_await waits;
  EXPECT_EQ(status, exit_status::with_code(1));
}

TEST_P(child_watch, works_in_real_time) {
  const no_children_left at_end;
  EXPECT_TRUE(run([]() -> awaitable<exit_status> {
                subprocess child(command("true"));
                co_return co_await child.wait();
              }).success());
}

ASYNC_TEST_P(child_watch, cancelled_and_destroyed) {
  const no_children_left at_end;
  for (int i = 0; i != 10; ++i) {
    subprocess child(command("sleep", "1000"));
    const auto status = co_await move_on_after(1ms, [&] { return child.wait(); });
    EXPECT_EQ(status, std::nullopt);
  }
}

ASYNC_TEST_P(child_watch, keeps_the_number_of_a_leader) {
  const no_children_left at_end;
  subprocess child(shell("exit 4").new_group());
  const auto status = co_await child.wait();
  EXPECT_EQ(status, exit_status::with_code(4));
  EXPECT_FALSE(test::has_no_children());
}

ASYNC_TEST_P(child_watch, a_status_that_somebody_else_took_is_lost) {
  const no_children_left at_end;
  const test::log_capture log;
  subprocess child(shell("exit 4"));
  ::waitpid(child.pid(), nullptr, 0);  // as a handler of SIGCHLD would
  const auto status = co_await child.wait();
  EXPECT_EQ(status, exit_status::with_code(255));
  EXPECT_THAT(log.lines(), ::testing::ElementsAre(HasSubstr("was reaped by other code")));
}

TEST_P(child_watch, the_loop_may_end_first) {
  const no_children_left at_end;
  for (int i = 0; i != 5; ++i) {
    loop l;
    auto started = l.spawn([]() -> awaitable<void> {
      subprocess child(command("sleep", "1000"));
      co_await child.wait();
    });
    auto turn = l.spawn([]() -> awaitable<void> { co_await yield(); });
    l.run_until(turn);
  }
}

}  // namespace bight::child_test
