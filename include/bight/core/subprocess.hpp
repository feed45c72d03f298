// subprocess, run_process: child processes.
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
  /// The maximum size of standard output, and of standard error, in bytes.
  std::size_t max_output = 64U << 20U;
  /// The time from SIGTERM to SIGKILL when a call is cancelled.
  clock::duration terminate_timeout = std::chrono::seconds{5};
};

/// A child process (asyncio.create_subprocess_exec). Move-only.
///
///     using bight::stdio;
///     bight::subprocess sort(bight::command("sort", "-n").input(stdio::pipe()).output(stdio::pipe()));
///     co_await sort.input().write("10\n9\n");
///     sort.input().close();
///     bight::line_reader lines{sort.output()};
///     ...
///     const auto status = co_await sort.wait();
///
/// A program blocks if it writes to a pipe that nobody reads, or reads from one that is not closed;
/// `communicate` handles all streams concurrently. The process is reaped when it exits; SIGCHLD and other
/// children are not touched. While a task waits here, virtual time runs at real speed.
///
/// Concurrency: one loop; one task at a time per stream; any number in `wait`. Lifetime: the destructor, or
/// the end of the loop, kills a running program (its group, if it has one) and reaps it; if that takes longer
/// than 10 ms, a thread does. Waiting operations then end with operation_canceled, and `wait` returns the
/// status.
class subprocess {
  class impl;

 public:
  /// The standard input of the program.
  class input_pipe {
   public:
    /// Writes all of `data`, waiting while the pipe is full. Lifetime: the data must stay valid.
    /// Cancellation: part of the data may have been written; later writes throw errc::half_written. Errors:
    /// broken_pipe if the reading end is closed (never SIGPIPE), bad_file_descriptor after `close`.
    [[nodiscard]] awaitable<void> write(std::span<const std::byte> data);
    [[nodiscard]] awaitable<void> write(std::string_view data);
    /// Closes the standard input of the program. Idempotent.
    void close() noexcept;

   private:
    friend class impl;
    explicit input_pipe(impl& i) noexcept : impl_(&i) {}
    impl* impl_;
  };

  /// Starts the program. Must be called on a loop. Errors: system_error that names the program, such as
  /// no_such_file_or_directory, and the `directory` if it cannot be entered.
  explicit subprocess(const command& what);
  subprocess(subprocess&&) noexcept;
  subprocess& operator=(subprocess&&) noexcept;
  ~subprocess();

  int pid() const noexcept;

  /// Waits until the program has exited. Cancellation: immediate; the program keeps running.
  [[nodiscard]] awaitable<exit_status> wait();
  /// The exit status; nullopt while it is running.
  std::optional<exit_status> status() const noexcept;

  /// Sends a signal to the program, or to its group. Returns false if it has exited; never signals another
  /// process that reuses the ID. A group can be signalled until the object is destroyed, even after its
  /// leader has exited. Errors: system_error for an invalid signal or missing permission.
  bool send_signal(int number);
  /// Sends SIGTERM.
  bool terminate();
  /// Sends SIGKILL.
  bool kill();

  /// The pipes to the program. Errors: std::logic_error if the stream is not a pipe. Lifetime: that of this
  /// object, also if it is moved. A read ends only when all writers, including grandchildren, have closed the
  /// pipe.
  input_pipe& input();
  byte_source& output();
  byte_source& error();

  /// Concurrently writes `input`, closes the pipe and collects output and errors, then waits for the exit
  /// (Process.communicate). It is not an error if the program does not read all input. Errors:
  /// errc::limit_exceeded if there is more output than `max_output`; the program is killed. Cancellation:
  /// sends SIGTERM and closes the pipes, sends SIGKILL after `terminate_timeout`, and throws cancelled_error
  /// once the program has been reaped (asyncio leaves it running).
  [[nodiscard]] awaitable<completed_process> communicate(std::string input = {},
                                                         communicate_options options = {});

 private:
  std::shared_ptr<impl> impl_;
};

/// Runs a program to completion and collects its output (subprocess.run).
///
///     auto log = co_await bight::run_process(bight::command("git", "log", "--oneline"));
///     log.check();                                  // throws process_error with git's words
///     std::cout << log.output;
///
/// By default, standard output and error are captured, and standard input is `input`, or /dev/null if that is
/// empty. A nonzero exit code is not an error; see `status` and `check`. Errors and cancellation: as for
/// subprocess and `communicate`.
[[nodiscard]] awaitable<completed_process> run_process(command what, std::string input = {},
                                                       communicate_options options = {});

}  // namespace bight
