// Calls in worker processes, and everything that can happen to these.
#include <bight/core/process_pool.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "support/processes.hpp"
#include "support/program.hpp"

namespace bight::process_pool_test {

using namespace std::chrono_literals;
using test::no_children_left;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const command program(BIGHT_PROGRAM_POOL_WORKER);

process_pool_options two() { return {.max_workers = 2}; }
process_pool_options one() { return {.max_workers = 1}; }

// The error of a call, in words; `code` is what it must have.
awaitable<std::string> error_of(errc code, awaitable<std::string> call) {
  try {
    auto answer = co_await std::move(call);
    co_return "no error, but '" + answer.substr(0, 100) + "'";
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), code) << e.what();
    co_return e.what();
  }
}

awaitable<pid_t> pid_of_worker(process_pool& pool) {
  const auto text = co_await pool.call("pid", "");
  co_return std::stoi(text);
}

awaitable<std::string> result_of(task<std::string> call) {
  auto answer = co_await call;
  co_return answer;
}

// A call that has begun when this returns: the function says so with the file.
awaitable<task<std::string>> begun_call(process_pool& pool, std::string function, std::string file) {
  auto running = spawn([&pool, function, file] { return pool.call(function, file); });
  while (!std::filesystem::exists(file) && !running.done()) co_await sleep(1ms);
  co_return running;
}
// One that runs until it is killed.
awaitable<task<std::string>> endless_call(process_pool& pool, std::string file) {
  return begun_call(pool, "for_ever", std::move(file));
}

ASYNC_TEST(process_pool, calls_a_function_in_another_process) {
  const no_children_left at_end;
  process_pool pool{two(), program};
  EXPECT_EQ(pool.workers(), 0U);
  const auto answer = co_await pool.call("echo", std::string("bytes\0and more", 14));
  EXPECT_EQ(answer, std::string("bytes\0and more", 14));
  const auto empty = co_await pool.call("echo", "");
  EXPECT_EQ(empty, "");
  const auto pid = co_await pid_of_worker(pool);
  EXPECT_NE(pid, ::getpid());
  EXPECT_EQ(pool.workers(), 1U);
  co_await pool.close();
  EXPECT_TRUE(test::has_no_children());
}

const process_function twice{"twice", [](const std::string& text) { return text + text; }};
const process_function same_name_as_in_the_worker{"echo",
                                                  [](const std::string&) { return std::string{"here"}; }};

ASYNC_TEST(process_pool, a_function_is_called_by_its_name) {
  EXPECT_EQ(twice.name(), "twice");
  EXPECT_EQ(twice("ab"), "abab");  // in this process
  process_pool pool{one(), program};
  const auto answer = co_await pool.call(same_name_as_in_the_worker, "there");
  EXPECT_EQ(answer, "there");
  const auto text = co_await error_of(errc::unknown_function, pool.call(twice, "x"));
  EXPECT_THAT(text, AllOf(HasSubstr("'twice'"), HasSubstr(program.program())));
  const auto again = co_await pool.call("echo", "usable");
  EXPECT_EQ(again, "usable");
}

TEST(process_function, names_are_taken_once_and_are_short) {
  const auto f = [](const std::string&) { return std::string{}; };
  EXPECT_THROW(process_function("twice", f), std::logic_error);
  EXPECT_THROW(process_function(std::string(256, 'x'), f), std::logic_error);
  { const process_function longest(std::string(255, 'x'), f); }
  EXPECT_NO_THROW(process_function(std::string(255, 'x'), f));
}

ASYNC_TEST(process_pool, ten_thousand_small_calls) {
  const no_children_left at_end;
  process_pool pool{two(), program};
  int wrong = 0;
  const auto call = [&](int i) -> awaitable<void> {
    const auto text = std::to_string(i);
    const auto answer = co_await pool.call("echo", text);
    if (answer != text) ++wrong;
  };
  std::vector<int> numbers(10'000);
  for (std::size_t i = 0; i != numbers.size(); ++i) numbers[i] = static_cast<int>(i);
  co_await map_concurrent(numbers, 100, call);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(pool.workers(), 2U);
}

ASYNC_TEST(process_pool, large_payloads_and_answers) {
  process_pool pool{one(), program};
  for (const std::size_t size : {(16U << 10U) - 1, (16U << 10U) + 1, 10U << 20U}) {
    const std::string payload(size, 'p');
    const auto answer = co_await pool.call("echo", payload);
    EXPECT_TRUE(answer == payload) << size;
  }
}

ASYNC_TEST(process_pool, limits_are_named) {
  auto options = one();
  options.max_payload = 100;
  options.max_answer = 50;
  process_pool pool{options, program};
  const auto fits = co_await pool.call("repeat", "50");
  EXPECT_EQ(fits.size(), 50U);
  const auto pid = co_await pid_of_worker(pool);
  const auto payload = co_await error_of(errc::limit_exceeded, pool.call("echo", std::string(101, 'x')));
  EXPECT_THAT(payload, HasSubstr("the payload of 'echo' has 101 bytes; the limit is 100"));
  const auto answer = co_await error_of(errc::limit_exceeded, pool.call("repeat", "51"));
  EXPECT_THAT(answer, HasSubstr("the result of 'repeat' has 51 bytes; the limit is 50"));
  const auto name = co_await error_of(errc::limit_exceeded, pool.call(std::string(256, 'x'), ""));
  EXPECT_THAT(name, HasSubstr("256 bytes; the limit is 255"));
  const auto pid_afterwards = co_await pid_of_worker(pool);
  EXPECT_EQ(pid_afterwards, pid);  // none of that has cost the worker
}

ASYNC_TEST(process_pool, what_the_function_throws_arrives) {
  process_pool pool{one(), program};
  const auto pid = co_await pid_of_worker(pool);
  std::string message;
  try {
    static_cast<void>(co_await pool.call("fail", "no such picture"));
  } catch (const remote_error& e) {
    message = e.message();
    EXPECT_EQ(e.code(), errc::remote_failed);
    EXPECT_THAT(e.what(), HasSubstr("'fail': no such picture"));
  }
  EXPECT_EQ(message, "no such picture");
  const auto odd = co_await error_of(errc::remote_failed, pool.call("fail_oddly", ""));
  EXPECT_THAT(odd, HasSubstr("'fail_oddly'"));
  const auto cut = co_await error_of(errc::remote_failed, pool.call("fail", std::string(1U << 20U, 'x')));
  EXPECT_LE(cut.size(), (64U << 10U) + 200U);
  const auto pid_afterwards = co_await pid_of_worker(pool);
  EXPECT_EQ(pid_afterwards, pid);
}

ASYNC_TEST(process_pool, the_death_of_a_worker_names_its_status) {
  const no_children_left at_end;
  process_pool pool{one(), program};
  for (const int signal : {SIGABRT, SIGKILL, SIGSEGV}) {
    std::optional<exit_status> status;
    try {
      static_cast<void>(co_await pool.call("crash", std::to_string(signal)));
    } catch (const worker_died& e) { status = e.status(); }
    EXPECT_EQ(status, exit_status::by_signal(signal));
  }
  const auto left = co_await error_of(errc::worker_died, pool.call("leave", "3"));
  EXPECT_THAT(left, HasSubstr("during 'leave': exit status 3"));
  const auto gone = co_await error_of(errc::worker_died, pool.call("hang_up", ""));
  EXPECT_THAT(gone, HasSubstr("killed by signal 9 (KILL)"));
  const auto answer = co_await pool.call("echo", "replaced");
  EXPECT_EQ(answer, "replaced");
}

ASYNC_TEST(process_pool, a_death_is_an_error_of_its_call_alone) {
  const no_children_left at_end;
  process_pool pool{two(), program};
  int deaths = 0;
  int answers = 0;
  const auto call = [&](int i) -> awaitable<void> {
    try {
      const std::string what = i % 10 == 0 ? "crash" : "echo";
      static_cast<void>(co_await pool.call(what, std::to_string(SIGKILL)));
      ++answers;
    } catch (const worker_died&) { ++deaths; }
  };
  std::vector<int> numbers(200);
  for (std::size_t i = 0; i != numbers.size(); ++i) numbers[i] = static_cast<int>(i);
  co_await map_concurrent(numbers, 50, call);
  EXPECT_EQ(deaths, 20);
  EXPECT_EQ(answers, 180);
}

ASYNC_TEST(process_pool, a_death_while_idle_is_nobodys_error) {
  process_pool pool{one(), program};
  const auto pid = co_await pid_of_worker(pool);
  ::kill(pid, SIGKILL);
  siginfo_t ended;
  ::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT);
  const auto other = co_await pid_of_worker(pool);
  EXPECT_NE(other, pid);
}

ASYNC_TEST(process_pool, workers_are_replaced_after_so_many_calls) {
  const no_children_left at_end;
  auto options = one();
  options.max_calls_per_worker = 3;
  process_pool pool{options, program};
  std::string counts;
  for (int i = 0; i != 7; ++i) counts += co_await pool.call("count", "");
  EXPECT_EQ(counts, "1231231");
  co_await pool.close();
}

ASYNC_TEST(process_pool, calls_wait_first_come_first_served) {
  process_pool pool{one(), program};
  std::vector<std::string> order;
  const auto call = [&](std::string name) -> awaitable<void> {
    auto answer = co_await pool.call("echo", std::move(name));
    order.push_back(std::move(answer));
  };
  co_await gather(call("a"), call("b"), call("c"), call("d"));
  EXPECT_THAT(order, ::testing::ElementsAre("a", "b", "c", "d"));
}

ASYNC_TEST(process_pool, a_cancelled_call_that_waits_leaves_the_line) {
  const no_children_left at_end;
  const test::scratch_folder folder;
  process_pool pool{one(), program};
  auto running = co_await endless_call(pool, folder.file("begun"));
  auto waiting = spawn([&] { return pool.call("echo", "never"); });
  auto behind = spawn([&] { return pool.call("echo", "behind"); });
  co_await yield();
  waiting.cancel();
  co_await waiting.wait();
  EXPECT_TRUE(waiting.cancelled());
  EXPECT_FALSE(running.done());
  running.cancel();
  const auto answer = co_await behind;
  EXPECT_EQ(answer, "behind");
  EXPECT_TRUE(running.cancelled());
}

ASYNC_TEST(process_pool, a_cancelled_call_that_runs_costs_its_worker) {
  const no_children_left at_end;
  const test::scratch_folder folder;
  process_pool pool{one(), program};
  const auto pid = co_await pid_of_worker(pool);
  auto running = co_await endless_call(pool, folder.file("begun"));
  running.cancel();
  co_await running.wait();
  EXPECT_TRUE(running.cancelled());
  const auto other = co_await pid_of_worker(pool);
  EXPECT_NE(other, pid);
}

ASYNC_TEST(process_pool, printing_is_possible) {
  const test::scratch_folder folder;
  const int file = ::open(folder.file("out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  command printing = program;
  process_pool pool{one(), printing.output(stdio::to(file))};
  const auto answer = co_await pool.call("print", "words ");
  EXPECT_EQ(answer, "printed");
  EXPECT_EQ(test::read_file(folder.file("out")), "words words ");  // flushed at the end of the call
  ::close(file);
}

ASYNC_TEST(process_pool, a_workers_environment_is_that_of_the_command) {
  command other = program;
  process_pool pool{one(), other.env("BIGHT_TEST", "value")};
  const auto value = co_await pool.call("environment", "BIGHT_TEST");
  EXPECT_EQ(value, "value");
  const auto mark = co_await pool.call("environment", "BIGHT_PROCESS_POOL_WORKER");
  EXPECT_EQ(mark, "not set");  // what a function starts is no worker
}

TEST(process_pool, streams_cannot_be_pipes) {
  command other = program;
  EXPECT_THROW(process_pool(one(), other.output(stdio::pipe())), std::invalid_argument);
}

// ---- programs that are no workers --------------------------------------------------------------

awaitable<std::string> start_failure(std::string argument, clock::duration timeout) {
  auto options = one();
  options.start_timeout = timeout;
  command other = program;
  process_pool pool{options, other.arg(std::move(argument)).error(stdio::null())};
  auto text = co_await error_of(errc::worker_not_ready, pool.call("echo", ""));
  EXPECT_THAT(text, HasSubstr("does its main begin with process_pool::serve_if_worker()?"));
  co_return text;
}

ASYNC_TEST(process_pool, a_program_that_ends_is_no_worker) {
  const no_children_left at_end;
  const auto text = co_await start_failure("--quit", 10s);
  EXPECT_THAT(text,
              AllOf(HasSubstr(program.program()), HasSubstr("exited before it served calls, exit status 5")));
}

ASYNC_TEST(process_pool, a_program_that_does_not_serve_is_no_worker) {
  const no_children_left at_end;
  const auto text = co_await start_failure("--hang", 20ms);
  EXPECT_THAT(text, HasSubstr("did not serve calls after 20 ms"));
}

ASYNC_TEST(process_pool, workers_that_do_not_serve_start_no_workers) {
  const no_children_left at_end;
  const auto text = co_await start_failure("--forget", 10s);
  EXPECT_THAT(text, HasSubstr("exit status 6"));  // the pool in it has thrown
}

ASYNC_TEST(process_pool, a_program_that_is_not_there_is_an_error_of_the_call) {
  process_pool pool{one(), command("/no/such/worker")};
  std::string text;
  try {
    static_cast<void>(co_await pool.call("echo", ""));
  } catch (const boost::system::system_error& e) { text = e.what(); }
  EXPECT_THAT(text, HasSubstr("bight: start '/no/such/worker'"));
}

// ---- ends --------------------------------------------------------------------------------------

ASYNC_TEST(process_pool, close_lets_calls_finish_and_refuses_others) {
  const no_children_left at_end;
  const test::scratch_folder folder;
  process_pool pool{one(), program};
  auto running = co_await begun_call(pool, "wait_for_file", folder.file("begun"));
  auto waiting = spawn([&] { return pool.call("echo", "never"); });
  co_await yield();
  auto closing = spawn([&] { return pool.close(); });
  co_await waiting.wait();
  const auto waited = co_await error_of(errc::pool_closed, result_of(waiting));
  EXPECT_THAT(waited, HasSubstr("the pool is closed"));
  const auto late = co_await error_of(errc::pool_closed, pool.call("echo", "late"));
  EXPECT_THAT(late, Not(HasSubstr("no error")));
  EXPECT_FALSE(closing.done());
  static_cast<void>(folder.write("begun.end", ""));
  const auto answer = co_await running;
  EXPECT_EQ(answer, "finished");
  co_await closing;
  EXPECT_TRUE(test::has_no_children());
  co_await pool.close();
}

ASYNC_TEST(process_pool, close_kills_what_does_not_finish) {
  const no_children_left at_end;
  const test::scratch_folder folder;
  auto options = one();
  options.close_timeout = 10ms;
  process_pool pool{options, program};
  auto running = co_await endless_call(pool, folder.file("begun"));
  co_await pool.close();
  EXPECT_TRUE(test::has_no_children());
  EXPECT_TRUE(running.done());
  EXPECT_THROW(running.result(), boost::system::system_error);
}

ASYNC_TEST(process_pool, destroying_it_kills_and_reaps) {
  const no_children_left at_end;
  const test::scratch_folder folder;
  auto pool = std::make_unique<process_pool>(one(), program);
  auto running = co_await endless_call(*pool, folder.file("begun"));
  auto waiting = spawn([&] { return pool->call("echo", "never"); });
  co_await yield();
  pool.reset();
  task<std::string> calls[] = {running, waiting};
  for (auto& call : calls) {
    const auto text = co_await error_of(errc::pool_closed, result_of(call));
    EXPECT_THAT(text, HasSubstr("process_pool::call: the pool is closed"));
  }
}

ASYNC_TEST(process_pool, destroying_it_ends_a_start) {
  const no_children_left at_end;
  command hanging = program;
  auto pool = std::make_unique<process_pool>(one(), hanging.arg("--hang"));
  auto starting = spawn([&] { return pool->call("echo", ""); });
  co_await yield();
  co_await yield();
  EXPECT_FALSE(test::has_no_children());
  pool.reset();
  co_await starting.wait();
  EXPECT_TRUE(starting.done());
  EXPECT_NE(starting.exception(), nullptr);
}

TEST(process_pool, the_loop_may_end_first) {
  const no_children_left at_end;
  std::unique_ptr<process_pool> pool;
  {
    loop l;
    auto called = l.spawn([&]() -> awaitable<void> {
      pool = std::make_unique<process_pool>(two(), program);
      static_cast<void>(co_await pool->call("echo", ""));
      spawn([&] { return pool->call("for_ever", "/dev/null"); }).detach();
      co_await yield();
    });
    l.run_until(called);
  }
  pool.reset();
}

// The worker has the streams of the process that dies, so that they end with it shows that it has ended.
ASYNC_TEST(process_pool, workers_do_not_outlive_the_process_of_the_pool) {
  const no_children_left at_end;
  const test::scratch_folder folder;
  const auto done = co_await run_process(command(program.program(), "--die", folder.file("begun")));
  EXPECT_EQ(done.status, exit_status::by_signal(SIGKILL)) << done.error;
  EXPECT_TRUE(std::filesystem::exists(folder.file("begun")));
}

TEST(process_pool, cancelled_at_every_await) {
  const no_children_left at_end;
  const auto tried = testing::cancel_at_every_await(
      []() -> awaitable<void> {
        process_pool pool{one(), program};
        static_cast<void>(co_await pool.call("echo", "first"));
        const auto second = co_await pool.call("echo", "second");
        EXPECT_EQ(second, "second");
        co_await pool.close();
      },
      []() -> awaitable<void> { co_return; });
  EXPECT_GE(tried, 6U);
}

TEST(process_pool, cancelled_at_every_await_it_serves_others) {
  const no_children_left at_end;
  std::unique_ptr<process_pool> pool;
  const auto tried = testing::cancel_at_every_await(
      [&]() -> awaitable<void> {
        pool = std::make_unique<process_pool>(one(), program);
        static_cast<void>(co_await pool->call("echo", "first"));
        static_cast<void>(co_await pool->call("echo", "second"));
      },
      [&]() -> awaitable<void> {
        if (!pool) co_return;
        const auto answer = co_await pool->call("echo", "other");
        EXPECT_EQ(answer, "other");
        pool.reset();
      });
  EXPECT_GE(tried, 6U);
}

}  // namespace bight::process_pool_test
