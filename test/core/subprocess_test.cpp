// Other programs: starting them, talking to them, ending them.
#include <bight/core/subprocess.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "support/processes.hpp"
#include "support/program.hpp"

namespace bight::subprocess_test {

using namespace std::chrono_literals;
using test::no_children_left;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

command shell(const std::string& script) { return command("sh", "-c", script); }
command piped(command what) { return what.input(stdio::pipe()).output(stdio::pipe()); }

awaitable<std::string> output_of(command what) {
  auto done = co_await run_process(std::move(what));
  EXPECT_EQ(done.status, exit_status::with_code(0)) << done.error;
  co_return done.output;
}

// The text of the error that starting gives.
std::string start_error(const command& what, std::errc code) {
  try {
    const subprocess child{what};
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code().value(), static_cast<int>(code));
    return e.what();
  }
  return "no error";
}

ASYNC_TEST(subprocess, streams_in_and_out) {
  const no_children_left at_end;
  subprocess sort(piped(command("sort", "-n")));
  EXPECT_GT(sort.pid(), 0);
  EXPECT_EQ(sort.status(), std::nullopt);
  co_await sort.input().write("10\n");
  co_await sort.input().write("9\n");
  sort.input().close();
  sort.input().close();
  line_reader lines{sort.output()};
  const auto first = co_await lines.next();
  const auto second = co_await lines.next();
  const auto end = co_await lines.next();
  EXPECT_EQ(first, "9");
  EXPECT_EQ(second, "10");
  EXPECT_EQ(end, std::nullopt);
  const auto status = co_await sort.wait();
  EXPECT_TRUE(status.success());
  EXPECT_EQ(sort.status(), status);
}

ASYNC_TEST(subprocess, is_answered_while_it_runs) {
  subprocess cat(piped(command("cat")));
  std::array<std::byte, 64> buffer;
  const std::string texts[] = {"one", "two"};
  for (const auto& text : texts) {
    co_await cat.input().write(text);
    const auto n = co_await cat.output().read_some(buffer);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(buffer.data()), n), text);
  }
}

ASYNC_TEST(subprocess, tells_codes_and_signals) {
  const no_children_left at_end;
  const auto done = co_await run_process(shell("exit 7"));
  EXPECT_EQ(done.status, exit_status::with_code(7));
  const auto killed = co_await run_process(shell("kill -ABRT $$"));
  EXPECT_EQ(killed.status, exit_status::by_signal(SIGABRT));
}

ASYNC_TEST(subprocess, any_number_of_tasks_wait_for_the_end) {
  subprocess cat(piped(command("cat")));
  auto first = spawn([&] { return cat.wait(); });
  auto second = spawn([&] { return cat.wait(); });
  auto third = spawn([&] { return cat.wait(); });
  co_await yield();
  third.cancel();
  co_await third.wait();
  EXPECT_TRUE(third.cancelled());
  EXPECT_EQ(cat.status(), std::nullopt);  // it runs on
  cat.input().close();
  const auto a = co_await first;
  const auto b = co_await second;
  EXPECT_TRUE(a.success());
  EXPECT_EQ(a, b);
  const auto later = co_await cat.wait();
  EXPECT_EQ(later, a);
}

ASYNC_TEST(subprocess, signals_reach_it_while_it_runs_only) {
  subprocess cat(piped(command("cat")));
  EXPECT_TRUE(cat.terminate());
  const auto status = co_await cat.wait();
  EXPECT_EQ(status, exit_status::by_signal(SIGTERM));
  EXPECT_FALSE(cat.terminate());
  EXPECT_FALSE(cat.kill());
  EXPECT_FALSE(cat.send_signal(SIGUSR1));
}

ASYNC_TEST(subprocess, what_is_no_signal_is_an_error) {
  subprocess cat(piped(command("cat")));
  EXPECT_THROW(cat.send_signal(12345), boost::system::system_error);
  EXPECT_TRUE(cat.kill());
  co_return;
}

ASYNC_TEST(subprocess, kill_ends_one_that_is_stopped) {
  const no_children_left at_end;
  subprocess child(shell("kill -STOP $$"));
  EXPECT_TRUE(child.kill());
  const auto status = co_await child.wait();
  EXPECT_EQ(status, exit_status::by_signal(SIGKILL));
}

// ---- how it is started -------------------------------------------------------------------------

ASYNC_TEST(subprocess, arguments_arrive_as_they_are) {
  const auto out = co_await output_of(command("printf", "%s|", "a b", "$HOME", "*", "", "\"'\\"));
  EXPECT_EQ(out, "a b|$HOME|*||\"'\\|");
}

ASYNC_TEST(subprocess, errors_of_the_start_name_the_program) {
  const no_children_left at_end;
  const test::scratch_folder folder;
  const auto text_file = folder.write("text", "no program");
  EXPECT_THAT(start_error(command("no-such-program-at-all"), std::errc::no_such_file_or_directory),
              StartsWith("bight: start 'no-such-program-at-all'"));
  EXPECT_THAT(start_error(command(text_file), std::errc::permission_denied), HasSubstr(text_file));
  ::chmod(text_file.c_str(), 0755);
  EXPECT_THAT(start_error(command(text_file), std::errc::executable_format_error), HasSubstr(text_file));
  EXPECT_THAT(start_error(command("true").directory("/no/such/folder"), std::errc::no_such_file_or_directory),
              StartsWith("bight: start 'true' in a directory that cannot be entered, '/no/such/folder'"));
  EXPECT_THAT(start_error(command("no-such-program").directory("/"), std::errc::no_such_file_or_directory),
              StartsWith("bight: start 'no-such-program' in '/'"));
  co_return;
}

TEST(subprocess, needs_a_loop) {
  const no_children_left at_end;
  EXPECT_THAT(start_error(command("true"), std::errc{static_cast<int>(errc::wrong_loop)}),
              HasSubstr("no loop"));
}

ASYNC_TEST(subprocess, starts_in_a_directory) {
  const test::scratch_folder folder;
  const auto out = co_await output_of(command("pwd", "-P").directory(folder.path()));
  EXPECT_EQ(out, std::filesystem::canonical(folder.path()).string() + "\n");
}

ASYNC_TEST(subprocess, inherits_changes_or_replaces_the_environment) {
  ::setenv("BIGHT_TEST_KEPT", "kept", 1);
  ::setenv("BIGHT_TEST_GONE", "gone", 1);
  command show("sh", "-c", "echo $BIGHT_TEST_KEPT,$BIGHT_TEST_GONE,$BIGHT_TEST_NEW");
  const auto inherited = co_await output_of(show);
  EXPECT_EQ(inherited, "kept,gone,\n");
  show.env("BIGHT_TEST_NEW", "a b").unset_env("BIGHT_TEST_GONE").env("BIGHT_TEST_KEPT", "changed");
  const auto changed = co_await output_of(show);
  EXPECT_EQ(changed, "changed,,a b\n");
  const auto replaced = co_await output_of(command("/usr/bin/env").clear_env().env("ONLY", "this"));
  EXPECT_EQ(replaced, "ONLY=this\n");
  ::unsetenv("BIGHT_TEST_KEPT");
  ::unsetenv("BIGHT_TEST_GONE");
}

// ls holds the folder that it lists as descriptor 3.
ASYNC_TEST(subprocess, inherits_no_descriptor) {
  const int open_for_all = ::open("/dev/null", O_RDONLY);  // without close-on-exec
  subprocess other(piped(command("cat")));
  const auto out = co_await output_of(command("ls", "/proc/self/fd"));
  EXPECT_EQ(out, "0\n1\n2\n3\n");
  ::close(open_for_all);
}

ASYNC_TEST(subprocess, signals_are_as_at_first) {
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before);
  sigset_t blocked;
  sigset_t mask;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &mask);
  const auto now_blocked = co_await output_of(command("sed", "-n", "s/^SigBlk:.//p", "/proc/self/status"));
  const auto ignored = co_await output_of(command("sed", "-n", "s/^SigIgn:.//p", "/proc/self/status"));
  EXPECT_EQ(std::stoull(now_blocked, nullptr, 16), 0U);
  constexpr unsigned long long of_the_library = 3ULL << 31U;  // 32 and 33, which no program can set
  EXPECT_EQ(std::stoull(ignored, nullptr, 16) & ~of_the_library, 0U);
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  ::sigaction(SIGPIPE, &before, nullptr);
}

ASYNC_TEST(subprocess, streams_can_be_files_and_null) {
  const test::scratch_folder folder;
  const auto from = folder.write("from", "text of the file");
  const int in = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  const int out = ::open(folder.file("to").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  subprocess child(
      shell("cat; echo lost >&2").input(stdio::to(in)).output(stdio::to(out)).error(stdio::null()));
  const auto status = co_await child.wait();
  EXPECT_TRUE(status.success());
  EXPECT_EQ(test::read_file(folder.file("to")), "text of the file");
  EXPECT_EQ(::close(in), 0);  // still ours
  EXPECT_EQ(::close(out), 0);
}

ASYNC_TEST(subprocess, errors_can_go_where_the_output_goes) {
  const auto out = co_await output_of(shell("echo out; echo err >&2").error(stdio::to_output()));
  EXPECT_EQ(out, "out\nerr\n");
}

ASYNC_TEST(subprocess, standard_streams_can_be_exchanged) {
  const test::scratch_folder folder;
  const int saved_out = ::fcntl(1, F_DUPFD_CLOEXEC, 10);
  const int saved_err = ::fcntl(2, F_DUPFD_CLOEXEC, 10);
  const int a = ::open(folder.file("a").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const int b = ::open(folder.file("b").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ::dup2(a, 1);
  ::dup2(b, 2);
  subprocess child(shell("echo out; echo err >&2").output(stdio::to(2)).error(stdio::to(1)));
  ::dup2(saved_out, 1);
  ::dup2(saved_err, 2);
  static_cast<void>(co_await child.wait());
  EXPECT_EQ(test::read_file(folder.file("a")), "err\n");
  EXPECT_EQ(test::read_file(folder.file("b")), "out\n");
  for (const int fd : {saved_out, saved_err, a, b}) ::close(fd);
}

ASYNC_TEST(subprocess, streams_that_are_no_pipes_are_refused) {
  subprocess child(shell("exit 0"));
  EXPECT_THROW(child.input(), std::logic_error);
  EXPECT_THROW(child.output(), std::logic_error);
  EXPECT_THROW(child.error(), std::logic_error);
  static_cast<void>(co_await child.wait());
}

// ---- groups ------------------------------------------------------------------------------------

// Waits until nobody holds the writing end: until the grandchild has ended, too.
awaitable<std::string> rest_of(subprocess& child) {
  auto rest = co_await read_all(child.output());
  co_return rest;
}

ASYNC_TEST(subprocess, signals_reach_the_group) {
  const no_children_left at_end;
  for (int session = 0; session != 2; ++session) {
    auto what = shell("sleep 1000 & echo started; wait").output(stdio::pipe());
    subprocess child(session == 1 ? what.new_session() : what.new_group());
    line_reader lines{child.output()};
    const auto line = co_await lines.next();
    EXPECT_EQ(line, "started");
    EXPECT_TRUE(child.terminate());
    const auto end = co_await lines.next();
    EXPECT_EQ(end, std::nullopt);
    const auto status = co_await child.wait();
    EXPECT_EQ(status, exit_status::by_signal(SIGTERM));
  }
}

ASYNC_TEST(subprocess, signals_reach_the_group_after_its_leader_has_ended) {
  const no_children_left at_end;
  subprocess child(shell("sleep 1000 & echo started").output(stdio::pipe()).new_group());
  const auto status = co_await child.wait();
  EXPECT_TRUE(status.success());
  EXPECT_TRUE(child.kill());
  const auto out = co_await rest_of(child);
  EXPECT_EQ(out, "started\n");
}

// ---- ends --------------------------------------------------------------------------------------

ASYNC_TEST(subprocess, destroying_it_kills_and_reaps) {
  const no_children_left at_end;
  for (int i = 0; i != 20; ++i) {
    subprocess a(shell("trap '' TERM; sleep 1000").new_group());
    subprocess b(command("cat").input(stdio::pipe()));
    b = std::move(a);
    EXPECT_EQ(b.status(), std::nullopt);
  }
  co_return;
}

ASYNC_TEST(subprocess, who_waits_may_be_left) {
  const no_children_left at_end;
  auto child = std::make_unique<subprocess>(piped(command("cat")));
  auto waits = spawn([&] { return child->wait(); });
  auto reads = spawn([&] { return read_all(child->output()); });
  co_await yield();
  child.reset();
  const auto status = co_await waits;
  EXPECT_EQ(status, exit_status::by_signal(SIGKILL));
  co_await reads.wait();
  try {
    co_await reads;
    ADD_FAILURE() << "no error";
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), boost::system::errc::operation_canceled);
  }
}

TEST(subprocess, the_loop_may_end_first) {
  const no_children_left at_end;
  std::unique_ptr<subprocess> child;
  {
    loop l;
    auto started = l.spawn([&]() -> awaitable<void> {
      child = std::make_unique<subprocess>(piped(command("cat")));
      co_return;
    });
    l.run_until(started);
    auto reads = l.spawn([&] { return read_all(child->output()); });
    auto waits = l.spawn([&] { return child->wait(); });
    auto turn = l.spawn([]() -> awaitable<void> { co_await yield(); });
    l.run_until(turn);
  }
  EXPECT_TRUE(test::loses_its_children());
  EXPECT_EQ(child->status(), exit_status::by_signal(SIGKILL));
  EXPECT_FALSE(child->kill());
  child.reset();
}

TEST(subprocess, keeps_a_loop_in_real_time_from_a_deadlock_report) {
  const no_children_left at_end;
  const auto status = run([]() -> awaitable<exit_status> {
    subprocess cat(piped(command("cat")));
    cat.input().close();
    co_return co_await cat.wait();
  });
  EXPECT_TRUE(status.success());
}

ASYNC_TEST(subprocess, an_unread_pipe_that_breaks_is_an_ordinary_error) {
  subprocess child(
      shell("exec <&-; echo closed; sleep 1000").input(stdio::pipe()).output(stdio::pipe()).new_group());
  line_reader lines{child.output()};
  static_cast<void>(co_await lines.next());
  try {
    co_await child.input().write("nobody reads this");
    ADD_FAILURE() << "no error";
  } catch (const boost::system::system_error& e) { EXPECT_EQ(e.code(), boost::system::errc::broken_pipe); }
}

ASYNC_TEST(subprocess, a_write_that_was_cancelled_half_way_forbids_others) {
  subprocess child(shell("sleep 1000").input(stdio::pipe()).new_group());
  const std::string much(1U << 20U, 'x');
  const bool written = co_await move_on_after(10ms, [&] { return child.input().write(much); });
  EXPECT_FALSE(written);
  try {
    co_await child.input().write("more");
    ADD_FAILURE() << "no error";
  } catch (const boost::system::system_error& e) { EXPECT_EQ(e.code(), errc::half_written); }
}

}  // namespace bight::subprocess_test
