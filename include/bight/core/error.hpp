// Errors of bight's core.
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

/// Errors of the core room.
enum class errc {
  timed_out = 1,    ///< A timeout expired.
  queue_shut_down,  ///< put() on a queue that was shut down.
  recursion,        ///< Coroutines await each other deeper than the limit of 10,000.
  deadlock,         ///< Every task waits, and nothing is left that could wake one.
  group_closed,     ///< spawn() into a task group that is finished or being cancelled.
  wrong_loop,       ///< An object of one loop was used on another loop, or without a running loop.
  loop_running,     ///< run() inside a running loop, or a second thread runs the loop.
  not_retrievable,  ///< The result of a task was asked for before the task ended.
  configuration,    ///< The program and the library were built with different Boost.Asio configurations.
  interrupted,      ///< SIGINT or SIGTERM ended the main task.
  broken_promise,   ///< A promise went without a result.
  broken_barrier,   ///< A barrier was aborted or reset.
  destroyed,        ///< A primitive was destroyed while tasks waited at it.
  value_moved,      ///< The result of a task was asked for after `co_await std::move(task)` had moved it out.
  lagged,           ///< A subscriber of a broadcast was too slow: items were dropped.
  pool_closed,      ///< acquire() or call() on a pool that was closed or is going away.
  loop_closed,      ///< The loop has ended, or did before the call had, or cancelled it.
  limit_exceeded,   ///< More input than a limit allows; the text names the limit.
  unexpected_end,   ///< A source of bytes ended before all were there.
  half_written,     ///< A write to a pipe of which an earlier write was interrupted half-way.
  process_failed,   ///< A program ended with a status other than 0: process_error.
  worker_not_ready,  ///< A process that was to be a worker of a pool did not become one.
  worker_died,       ///< A worker of a process pool ended during a call: bight::worker_died.
  remote_failed,     ///< A function of a process pool threw: remote_error.
  unknown_function,  ///< The worker knows no function of that name.
  no_value,          ///< A coroutine of an awaitable<T> ended without co_return of a T.
};

/// The category "bight.core".
const boost::system::error_category& core_category() noexcept;
boost::system::error_code make_error_code(errc code) noexcept;

/// What an error of any room may be, to be compared with its code.
enum class error_condition {
  /// It may be gone at the next attempt: a connection that was reset, refused or cut off, a host that cannot
  /// be reached, a limit of time that passed, a server that is busy (HTTP 408, 425, 429, 500, 502, 503, 504).
  /// This is what `retry` tries again.
  transient = 1,
};
/// `error.code() == bight::transient`. Each category says which of its codes are; one of your own does so in
/// its `equivalent(int, const error_condition&)`.
inline constexpr error_condition transient = error_condition::transient;

boost::system::error_condition make_error_condition(error_condition condition) noexcept;

/// Thrown by `timeout` and `wait_for` when time is up. An error, never a cancellation.
class timeout_error : public boost::system::system_error {
 public:
  timeout_error();
  /// `what`: what took too long, for the text.
  explicit timeout_error(const std::string& what);
};

/// Thrown by `put` on a queue that was shut down.
class queue_shut_down : public boost::system::system_error {
 public:
  queue_shut_down();
};

/// Thrown instead of overflowing the stack.
class recursion_error : public boost::system::system_error {
 public:
  recursion_error();
};

/// Thrown by `run` when every task waits and nothing can wake one. `what()` lists who waits for what.
class deadlock_error : public boost::system::system_error {
 public:
  explicit deadlock_error(const std::string& report);
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

/// Thrown by `run` when a signal ended the main task.
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
