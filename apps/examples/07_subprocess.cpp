// Child processes: run to completion, with a timeout, or interactively.
//
//     proc = await asyncio.create_subprocess_exec('sort', '-n', stdin=PIPE, stdout=PIPE)    # Python
//     out, err = await proc.communicate(b'10\n9\n')
#include <bight/core.hpp>
#include <iostream>
using namespace std::chrono_literals;

bight::awaitable<void> program() {
  // No shell: arguments are passed unchanged. stdout and stderr are collected concurrently.
  const auto sorted = co_await bight::run_process(bight::command("sort", "-n"), "10\n9\n");
  std::cout << sorted.output;

  // A failure is reported in the status; `check` turns it into an error.
  const auto failed = co_await bight::run_process(bight::command("sh", "-c", "echo no way >&2; exit 3"));
  try {
    failed.check();
  } catch (const bight::process_error& e) { std::cout << e.what() << '\n'; }

  // A timeout, like any cancellation, first terminates the child process: SIGTERM, then SIGKILL.
  try {
    const auto sleeping = bight::command("sleep", "1000");
    co_await bight::timeout(10ms, [&] { return bight::run_process(sleeping); });
  } catch (const bight::timeout_error&) { std::cout << "sleep was ended\n"; }

  // Interactive use.
  auto what = bight::command("cat");
  bight::subprocess cat(what.input(bight::stdio::pipe()).output(bight::stdio::pipe()));
  bight::line_reader lines{cat.output()};
  for (int i = 1; i <= 2; ++i) {
    co_await cat.input().write("message " + std::to_string(i) + '\n');
    const auto echo = co_await lines.next();
    std::cout << "cat says: " << echo.value() << '\n';
  }
  cat.input().close();
  const auto status = co_await cat.wait();
  std::cout << status.describe() << '\n';
}

int main() { return bight::run_main(program); }
