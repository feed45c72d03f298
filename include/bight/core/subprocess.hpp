// subprocess, run_process: other programs.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/byte_source.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/command.hpp>
#include <bight/core/completed_process.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bight {

/// Limits of `communicate` and `run_process`. Trivially copyable; name it before the co_await.
struct communicate_options {
  /// How many bytes of standard output, and of standard error, are collected.
  std::size_t max_output = 64U << 20U;
  /// How long a cancelled program has from SIGTERM until SIGKILL.
  clock::duration grace = std::chrono::seconds{5};
};

/// A program that runs (asyncio.create_subprocess_exec). Move-only.
///
///     using bight::stdio;
///     bight::subprocess sort(bight::command("sort", "-n").input(stdio::pipe()).output(stdio::pipe()));
///     co_await sort.input().write("10\n9\n");
///     sort.input().close();
///     bight::line_reader lines{sort.output()};
///     ...
///     const auto status = co_await sort.wait();
///
/// A program that writes much while nobody reads waits for ever, and so does one that reads and is given no
/// end: `communicate` does all of it at once. The process is reaped when it ends; SIGCHLD and the children of
/// others are left alone. While a task waits here virtual time runs at real speed.
///
/// Concurrency: one loop; one task at a time per stream; any number in `wait`. Lifetime: destroying it kills
/// a program that still runs (its group, if it has one) and reaps it, in 10 ms at most; what takes longer to
/// die is reaped by a thread. So does the end of the loop. Tasks that wait in it may be left: their
/// operations end with operation_canceled, `wait` with the status.
class subprocess {
  class impl;

 public:
  /// Standard input of the program.
  class input_pipe {
   public:
    /// Writes all of `data`, waiting while the pipe is full. The bytes must stay where they are.
    /// Cancellation: a part may have been written; then later writes throw errc::half_written. Errors:
    /// broken_pipe if nobody reads any more (never SIGPIPE), bad_file_descriptor after `close`.
    [[nodiscard]] awaitable<void> write(std::span<const std::byte> data);
    [[nodiscard]] awaitable<void> write(std::string_view data);
    /// Ends the input of the program. Again: nothing.
    void close() noexcept;

   private:
    friend class impl;
    explicit input_pipe(impl& i) noexcept : impl_(&i) {}
    impl* impl_;
  };

  /// Starts the program, and returns when it runs. Must be called on a loop. Errors: system_error that names
  /// the program, as in no_such_file_or_directory; of a `directory` that cannot be entered, that too.
  explicit subprocess(const command& what);
  subprocess(subprocess&&) noexcept;
  subprocess& operator=(subprocess&&) noexcept;
  ~subprocess();

  int pid() const noexcept;

  /// Waits for the end of the program. Cancellation: at once; the program runs on.
  [[nodiscard]] awaitable<exit_status> wait();
  /// How it ended; nothing while it runs.
  std::optional<exit_status> status() const noexcept;

  /// Sends a signal to the program, or to its group. Returns false if it has ended: a stranger that has got
  /// its number is never hit. A group is reached until the object is destroyed, also after its leader ended.
  /// Errors: system_error for what is not a signal, or not allowed.
  bool send_signal(int number);
  /// SIGTERM: asks it to end.
  bool terminate();
  /// SIGKILL: ends it.
  bool kill();

  /// The streams that are pipes; std::logic_error for the others. They live as long as this object, wherever
  /// it is moved. Reading to the end waits for all who write, so for grandchildren, too.
  input_pipe& input();
  byte_source& output();
  byte_source& error();

  /// Writes `input` and closes the pipe, collects output and errors, all at the same time, and waits for the
  /// end (Process.communicate). That the program does not read all of its input is no error.
  /// Errors: errc::limit_exceeded for more than `max_output`: the program is killed. Cancellation: sends
  /// SIGTERM and closes the pipes, after `grace` sends SIGKILL, and throws cancelled_error when the program
  /// was reaped; asyncio leaves it running.
  [[nodiscard]] awaitable<completed_process> communicate(std::string input = {},
                                                         communicate_options options = {});

 private:
  std::shared_ptr<impl> impl_;
};

/// Runs a program to its end and collects what it writes (subprocess.run).
///
///     auto log = co_await bight::run_process(bight::command("git", "log", "--oneline"));
///     log.check();                                  // throws process_error with git's words
///     std::cout << log.output;
///
/// Standard output and error are collected and standard input is `input`, or /dev/null if that is empty,
/// unless the command says otherwise. A program that fails is not an error: ask `status`, or `check`. Errors
/// and cancellation: as of subprocess and its `communicate`.
[[nodiscard]] awaitable<completed_process> run_process(command what, std::string input = {},
                                                       communicate_options options = {});

}  // namespace bight
