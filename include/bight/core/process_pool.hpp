// process_pool, process_function: function calls in worker processes.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/command.hpp>
#include <bight/core/completed_process.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

namespace bight {

/// Limits of a process_pool. Trivially copyable.
struct process_pool_options {
  /// The maximum number of worker processes; 0: one per processor core.
  std::size_t max_workers = 0;
  /// The maximum sizes, in bytes, of the payload and the result of a call.
  std::size_t max_payload = 64U << 20U;
  std::size_t max_answer = 64U << 20U;
  /// Workers are replaced after so many calls, for functions that leak.
  std::uint64_t max_calls_per_worker = std::numeric_limits<std::uint64_t>::max();
  /// The time allowed for a program to start serving calls.
  clock::duration start_timeout = std::chrono::seconds{10};
  /// The time that `close` allows for running calls, and then for the workers to exit, before it kills them.
  clock::duration close_timeout = std::chrono::seconds{5};
};

/// A function that worker processes can call, registered by name. Define it at namespace scope, so that it is
/// registered in each process before `main`:
///
///     const bight::process_function resize{"resize", [](std::string image) { return smaller(image); }};
///
/// It takes and returns bytes, and runs on the main thread of a worker, one call at a time. Its exceptions
/// are thrown by the call as remote_error. It may print; standard input is /dev/null. Concurrency: define and
/// destroy on one thread. Errors: std::logic_error for a name that is in use or longer than 255 bytes, which
/// terminates the program.
class process_function {
 public:
  process_function(std::string name, std::function<std::string(std::string payload)> f);
  process_function(const process_function&) = delete;
  process_function& operator=(const process_function&) = delete;
  ~process_function();

  const std::string& name() const noexcept { return name_; }
  /// Calls the function in this process.
  std::string operator()(std::string payload) const { return call_(std::move(payload)); }

 private:
  std::string name_;
  std::function<std::string(std::string)> call_;
};

/// Thrown by `call` if the function threw; what() ends with the message.
class remote_error : public boost::system::system_error {
 public:
  remote_error(const std::string& function, std::string message);
  /// The message of the exception in the worker.
  const std::string& message() const noexcept { return message_; }

 private:
  std::string message_;
};

/// Thrown by `call` if the worker ended before it answered: it crashed, was killed, or called exit.
class worker_died : public boost::system::system_error {
 public:
  worker_died(const std::string& function, exit_status how);
  exit_status status() const noexcept { return status_; }

 private:
  exit_status status_;
};

/// Calls functions in worker processes (concurrent.futures.ProcessPoolExecutor), for CPU-bound work and for
/// code that may crash.
///
///     int main() {
///       bight::process_pool::serve_if_worker();         // first: workers are this program, started again
///       return bight::run_main(program);
///     }
///     bight::awaitable<void> program() {
///       bight::process_pool pool;
///       auto small = co_await pool.call(resize, std::move(image));
///     }
///
/// Workers are started on demand, reused, and run in their own process group. Calls wait in FIFO order while
/// all workers are busy. If a worker dies, only its current call fails, and it is replaced. Workers exit when
/// the process of the pool ends, however it ends.
///
/// Concurrency: one loop. Lifetime: destroying the pool kills and reaps its workers; running and waiting
/// calls throw errc::pool_closed.
class process_pool {
 public:
  /// Uses the executable of this process. Errors: std::logic_error in a worker process that has not called
  /// serve_if_worker, which would otherwise start workers recursively.
  explicit process_pool(process_pool_options options = {});
  /// Uses another program, whose main calls serve_if_worker. Streams that are not set: /dev/null for input,
  /// those of this process for output and error.
  process_pool(process_pool_options options, command program);
  process_pool(const process_pool&) = delete;
  process_pool& operator=(const process_pool&) = delete;
  ~process_pool();

  /// In a worker: serves calls and never returns. Otherwise: no effect. Call it first in main, before
  /// threads, loops and output.
  static void serve_if_worker();

  /// Calls `f` in a worker and returns its result. Cancellation: immediate while waiting; while running, the
  /// worker is killed and replaced. Errors: remote_error; worker_died; errc::limit_exceeded if the payload or
  /// the result is too large; errc::unknown_function; errc::worker_not_ready if the program does not serve
  /// calls; errc::pool_closed; errors of starting a process.
  [[nodiscard]] awaitable<std::string> call(const process_function& f, std::string payload);
  /// Same by name, for functions that only the worker's program has.
  [[nodiscard]] awaitable<std::string> call(std::string name, std::string payload);

  /// Closes the pool: new and waiting calls fail with errc::pool_closed. Waits for running calls for at most
  /// `close_timeout`, then kills their workers (the calls also fail with errc::pool_closed), and waits until
  /// all workers have ended. May be called again. Cancellation: stops waiting; the pool remains closed.
  [[nodiscard]] awaitable<void> close();

  /// The number of worker processes, idle or busy.
  std::size_t workers() const noexcept;

 private:
  class impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace bight
