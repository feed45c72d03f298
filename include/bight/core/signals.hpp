// signals: awaits signals of the process.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/pimpl.hpp>
#include <initializer_list>

namespace bight {

/// Receives signals of the process while it exists (loop.add_signal_handler of asyncio).
///
///     bight::signals reload{SIGHUP};
///     while (true) {
///       const int number = co_await reload.next();
///       ...
///     }
///
/// Signals that arrive between two calls of `next` are kept, each number once. While the object exists, `run`
/// ignores its signals: a program that handles SIGINT and SIGTERM can drain its work, and decides what a
/// second signal means. A task that waits here does not prevent a deadlock report. When the last object for a
/// signal is destroyed, the previous action (default, handler or SIG_IGN) is restored, unless another handler
/// has been installed meanwhile. Cancellation: no signal is lost. Concurrency: one loop. Lifetime: stops with
/// its loop at the latest. Errors: boost::system::system_error for signals that cannot be caught.
class signals {
 public:
  explicit signals(std::initializer_list<int> numbers);
  signals(const signals&) = delete;
  signals& operator=(const signals&) = delete;
  ~signals();

  /// Waits for the next signal and returns its number.
  [[nodiscard]] awaitable<int> next();

 private:
  class impl;
  detail::pimpl<impl> impl_;
};

}  // namespace bight
