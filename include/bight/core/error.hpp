// errc and the exceptions of core.
#pragma once
#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/error_condition.hpp>
#include <boost/system/is_error_code_enum.hpp>
#include <boost/system/is_error_condition_enum.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace bight {

/// Error codes of core.
enum class errc {
  timed_out = 1,     ///< A timeout expired.
  queue_shut_down,   ///< put() on a queue that has been shut down.
  recursion,         ///< More than 10,000 nested coroutines.
  deadlock,          ///< All tasks are waiting, and nothing is left that could wake one.
  group_closed,      ///< spawn() into a task group that has completed or is being cancelled.
  wrong_loop,        ///< An object was used on another loop than its own, or without a running loop.
  loop_running,      ///< run() inside a running loop, or a loop run by a second thread.
  not_retrievable,   ///< result() of a task that has not completed.
  configuration,     ///< The program and the library were built with different Boost.Asio configurations.
  interrupted,       ///< SIGINT or SIGTERM cancelled the main task.
  broken_promise,    ///< A promise was destroyed without a result.
  broken_barrier,    ///< A barrier was aborted or reset.
  destroyed,         ///< A primitive was destroyed while tasks were waiting for it.
  value_moved,       ///< result() of a task after `co_await std::move(task)`.
  lagged,            ///< A broadcast subscriber was too slow, and items were dropped.
  pool_closed,       ///< acquire() or call() on a pool that is closed or being destroyed.
  loop_closed,       ///< The loop ended before the call completed, or cancelled it.
  limit_exceeded,    ///< A limit was exceeded; the message names it.
  unexpected_end,    ///< A byte source ended early.
  half_written,      ///< A write to a pipe after an earlier write was interrupted.
  process_failed,    ///< A program did not exit with code 0: process_error.
  worker_not_ready,  ///< A worker process did not start serving calls.
  worker_died,       ///< A worker process ended during a call: bight::worker_died.
  remote_failed,     ///< A function in a worker process threw: remote_error.
  unknown_function,  ///< The worker has no function of that name.
  no_value,          ///< An awaitable<T> ended without co_return.
};

/// The category "bight.core".
const boost::system::error_category& core_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;

/// Conditions that apply to error codes of all rooms.
enum class error_condition {
  /// A retry may succeed: the connection was reset, refused or truncated, the host is unreachable, a timeout
  /// expired, the server is busy (HTTP 408, 425, 429, 500, 502, 503, 504). `retry` retries these errors.
  transient = 1,
};
/// For `error.code() == bight::transient`. To make codes of your own category transient, override
/// `equivalent(int, const error_condition&)`.
inline constexpr error_condition transient = error_condition::transient;

boost::system::error_condition make_error_condition(error_condition condition) noexcept;

/// Thrown by `timeout` and `wait_for` when the time is up. Never a cancellation.
class timeout_error : public boost::system::system_error {
 public:
  timeout_error();
  /// `what`: the operation that timed out, for the message.
  explicit timeout_error(const std::string& what);
};

/// Thrown by `put` if the queue has been shut down.
class queue_shut_down : public boost::system::system_error {
 public:
  queue_shut_down();
};

/// Thrown when awaitables nest too deeply, before the stack overflows.
class recursion_error : public boost::system::system_error {
 public:
  recursion_error();
};

/// Thrown by `run` if all tasks are waiting and nothing can wake one. `what()` lists the tasks and what they
/// wait for.
class deadlock_error : public boost::system::system_error {
 public:
  explicit deadlock_error(const std::string& report);
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

/// Thrown by `run` if a signal cancelled the main task.
class interrupt_error : public boost::system::system_error {
 public:
  explicit interrupt_error(int signal);
  /// SIGINT or SIGTERM.
  int signal() const noexcept { return signal_; }

 private:
  int signal_;
};

}  // namespace bight

template <>
struct boost::system::is_error_code_enum<bight::errc> : std::true_type {};
template <>
struct boost::system::is_error_condition_enum<bight::error_condition> : std::true_type {};
