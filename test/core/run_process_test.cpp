// communicate and run_process: everything at once, limits, and what a cancellation leaves.
#include <bight/core/subprocess.hpp>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <string>

#include "support/processes.hpp"

namespace bight::run_process_test {

using namespace std::chrono_literals;
using test::no_children_left;
using ::testing::HasSubstr;

command shell(const std::string& script) { return command("sh", "-c", script); }

ASYNC_TEST(run_process, collects_both_streams) {
  const no_children_left at_end;
  const auto done = co_await run_process(shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(done.program, "sh");
  EXPECT_EQ(done.status, exit_status::with_code(3));
  EXPECT_EQ(done.output, "out\n");
  EXPECT_EQ(done.error, "err\n");
  EXPECT_THROW(done.check(), process_error);
}

ASYNC_TEST(run_process, gives_input_or_none) {
  const auto upper = co_await run_process(command("tr", "a-z", "A-Z"), "text");
  EXPECT_EQ(upper.output, "TEXT");
  const auto nothing = co_await run_process(command("cat"));  // not the terminal of the test
  EXPECT_EQ(nothing.output, "");
  EXPECT_TRUE(nothing.status.success());
}

ASYNC_TEST(run_process, what_the_command_says_counts) {
  const auto done = co_await run_process(shell("echo out; echo err >&2").output(stdio::null()));
  EXPECT_EQ(done.output, "");
  EXPECT_EQ(done.error, "err\n");
}

ASYNC_TEST(run_process, input_without_a_pipe_is_refused) {
  const no_children_left at_end;
  std::string text;
  try {
    static_cast<void>(co_await run_process(command("cat").input(stdio::null()), "text"));
  } catch (const std::logic_error& e) { text = e.what(); }
  EXPECT_THAT(text, HasSubstr("subprocess::input: not a pipe: 'cat'"));
}

// More than pipes hold, in all directions at the same time.
ASYNC_TEST(run_process, much_at_once_does_not_deadlock) {
  constexpr std::size_t size = 10U << 20U;
  std::string much(size, 'x');
  const auto done = co_await run_process(shell("tee /dev/stderr"), much);
  EXPECT_TRUE(done.output == much);
  EXPECT_TRUE(done.error == much);
}

ASYNC_TEST(run_process, a_program_that_does_not_read_is_no_error) {
  const auto done = co_await run_process(shell("exec <&-; echo done"), std::string(1U << 20U, 'x'));
  EXPECT_EQ(done.output, "done\n");
  EXPECT_TRUE(done.status.success());
}

ASYNC_TEST(run_process, too_much_output_names_the_limit) {
  const no_children_left at_end;
  constexpr communicate_options small{.max_output = 1000};
  const auto exact = co_await run_process(shell("head -c 1000 /dev/zero"), "", small);
  EXPECT_EQ(exact.output.size(), 1000U);
  const std::string places[] = {"", " >&2"};
  for (const auto& where : places) {
    std::string text;
    try {
      static_cast<void>(co_await run_process(shell("exec cat /dev/zero" + where), "", small));
    } catch (const boost::system::system_error& e) {
      EXPECT_EQ(e.code(), errc::limit_exceeded);
      text = e.what();
    }
    EXPECT_THAT(text, HasSubstr("'sh' wrote more than 1000 bytes of " +
                                std::string(where.empty() ? "output" : "errors")));
  }
}

ASYNC_TEST(run_process, a_timeout_ends_the_program_first) {
  const no_children_left at_end;
  bool timed_out = false;
  try {
    static_cast<void>(co_await timeout(10ms, [] { return run_process(command("sleep", "1000")); }));
  } catch (const timeout_error&) { timed_out = true; }
  EXPECT_TRUE(timed_out);
  EXPECT_TRUE(test::has_no_children());  // reaped before the error came
}

ASYNC_TEST(run_process, one_that_is_stopped_is_killed_after_the_grace) {
  const no_children_left at_end;
  constexpr communicate_options hurried{.terminate_timeout = 10ms};
  auto work = spawn([hurried] { return run_process(shell("kill -STOP $$"), "", hurried); });
  static_cast<void>(co_await move_on_after(50ms, [&]() -> awaitable<void> { co_await work.wait(); }));
  EXPECT_FALSE(work.done());
  work.cancel();
  co_await work.wait();
  EXPECT_TRUE(work.cancelled());
  EXPECT_TRUE(test::has_no_children());
}

ASYNC_TEST(run_process, a_cancelled_program_may_clean_up) {
  const no_children_left at_end;
  int ends[2];
  CO_ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);  // an input that never comes
  command what("sh", "-c", "trap 'exit 42' TERM; echo ready; read line");
  subprocess child(what.input(stdio::to(ends[0])).output(stdio::pipe()));
  line_reader lines{child.output()};
  static_cast<void>(co_await lines.next());
  auto work = spawn([&] { return child.communicate(); });
  co_await yield();
  work.cancel();
  co_await work.wait();
  EXPECT_TRUE(work.cancelled());
  EXPECT_EQ(child.status(), exit_status::with_code(42));
  ::close(ends[0]);
  ::close(ends[1]);
}

ASYNC_TEST(run_process, a_group_is_ended_with_its_leader) {
  const no_children_left at_end;
  constexpr communicate_options hurried{.terminate_timeout = 10ms};
  bool timed_out = false;
  try {
    const auto work = [hurried] {
      return run_process(shell("sleep 1000 & trap '' TERM; wait; sleep 1000").new_group(), "", hurried);
    };
    static_cast<void>(co_await timeout(50ms, work));
  } catch (const timeout_error&) { timed_out = true; }
  EXPECT_TRUE(timed_out);
}

TEST(run_process, cancelled_at_every_await) {
  const no_children_left at_end;
  const auto tried = testing::cancel_at_every_await(
      []() -> awaitable<void> { static_cast<void>(co_await run_process(command("true"), "x")); },
      []() -> awaitable<void> {
        EXPECT_TRUE(test::has_no_children());
        co_return;
      });
  EXPECT_GE(tried, 4U);
}

TEST(run_process, the_loop_ended_at_every_await) {
  const no_children_left at_end;
  const auto tried = testing::shut_down_at_every_await(
      []() -> awaitable<void> { static_cast<void>(co_await run_process(command("true"), "x")); }, [] {});
  EXPECT_GE(tried, 4U);
}

ASYNC_TEST(run_process, many_at_the_same_time) {
  const no_children_left at_end;
  std::vector<awaitable<completed_process>> all;
  for (int i = 0; i != 50; ++i) all.push_back(run_process(shell("echo " + std::to_string(i))));
  const auto done = co_await gather(std::move(all));
  for (std::size_t i = 0; i != done.size(); ++i) EXPECT_EQ(done[i].output, std::to_string(i) + "\n");
}

}  // namespace bight::run_process_test
