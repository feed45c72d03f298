// process_pool, process_function: computing in other processes.
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

/// Limits of a process_pool. Trivially copyable: designated initialisers are safe everywhere.
struct process_pool_options {
  /// How many worker processes run at most; 0: as many as there are processor cores.
  std::size_t workers = 0;
  /// How many bytes go to a call, and come back from it.
  std::size_t max_payload = 64U << 20U;
  std::size_t max_answer = 64U << 20U;
  /// After so many calls a worker is replaced by a new one: for functions that leak.
  std::uint64_t max_calls_per_worker = std::numeric_limits<std::uint64_t>::max();
  /// How long a program may take until it is a worker.
  clock::duration start_timeout = std::chrono::seconds{10};
  /// How long `close` waits for calls that run and, after that, for workers to end, before it kills them.
  clock::duration grace = std::chrono::seconds{5};
};

/// A function that other processes run, known by its name. Define it at namespace scope, so that it is there
/// in each of them before `main`:
///
///     const bight::process_function resize{"resize", [](std::string image) { return smaller(image); }};
///
/// It takes bytes and returns bytes, and runs on the main thread of a worker, one call at a time. What it
/// throws is thrown by the call as remote_error. It may print; standard input is /dev/null. Concurrency:
/// define and destroy on one thread. Errors: std::logic_error for a name that is taken or longer than 255
/// bytes, which ends the program.
class process_function {
 public:
  process_function(std::string name, std::function<std::string(std::string payload)> f);
  process_function(const process_function&) = delete;
  process_function& operator=(const process_function&) = delete;
  ~process_function();

  const std::string& name() const noexcept { return name_; }
  /// Calls it here, in this process.
  std::string operator()(std::string payload) const { return call_(std::move(payload)); }

 private:
  std::string name_;
  std::function<std::string(std::string)> call_;
};

/// Thrown by `call` when the function threw: what() ends with its words.
class remote_error : public boost::system::system_error {
 public:
  remote_error(const std::string& function, std::string message);
  /// What the exception said in the worker.
  const std::string& message() const noexcept { return message_; }

 private:
  std::string message_;
};

/// Thrown by `call` when its worker ended before it answered: it crashed, was killed, or called exit.
class worker_died : public boost::system::system_error {
 public:
  worker_died(const std::string& function, exit_status how);
  exit_status status() const noexcept { return status_; }

 private:
  exit_status status_;
};

/// Calls functions in worker processes (concurrent.futures.ProcessPoolExecutor): for what keeps a processor
/// busy, and for what may crash.
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
/// Workers are started when calls need them, are used again, and run in a process group of their own. Calls
/// that find all of them busy wait, first come, first served. A worker that dies is an error of its call
/// alone; the next call gets another one. Workers end when the pool's process does, however that ends.
///
/// Concurrency: one loop. Lifetime: destroying the pool kills and reaps its workers; calls that run or wait
/// throw errc::pool_closed.
class process_pool {
 public:
  /// Uses the program of this process. Errors: std::logic_error in a process that was started as a worker
  /// and has not called serve_if_worker: else it would start workers that start workers, for ever.
  explicit process_pool(process_pool_options options = {});
  /// Uses another program, whose main calls serve_if_worker. Its streams, if they are not set, are /dev/null
  /// and those of this process.
  process_pool(process_pool_options options, command program);
  process_pool(const process_pool&) = delete;
  process_pool& operator=(const process_pool&) = delete;
  ~process_pool();

  /// In a worker: serves calls and never returns. Elsewhere: nothing. To be called at the beginning of main,
  /// before threads, loops and output.
  static void serve_if_worker();

  /// Calls `f` in a worker, and returns what it returns.
  /// Cancellation: of a call that waits, at once; of one that runs, its worker is killed and replaced.
  /// Errors: remote_error and worker_died, errc::limit_exceeded for a payload or an answer that is too large,
  /// errc::unknown_function, errc::worker_not_ready if the program does not become a worker,
  /// errc::pool_closed; those of starting a process.
  [[nodiscard]] awaitable<std::string> call(const process_function& f, std::string payload);
  /// The same by name, for functions that only the workers' program has.
  [[nodiscard]] awaitable<std::string> call(std::string name, std::string payload);

  /// Refuses calls from now on (those that wait for a worker get errc::pool_closed), lets those that run
  /// finish, `grace` at most, then kills their workers (they get errc::pool_closed, too), and waits until all
  /// workers have ended. May be called again. Cancellation: stops waiting; the pool stays closed.
  [[nodiscard]] awaitable<void> close();

  /// Worker processes that are ready or busy.
  std::size_t workers() const noexcept;

 private:
  class impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace bight
