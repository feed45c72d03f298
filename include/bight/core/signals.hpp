// signals: what the operating system wants to tell.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/pimpl.hpp>
#include <initializer_list>

namespace bight {

/// Receives signals of the process, one after the other, while it lives (loop.add_signal_handler of asyncio,
/// as a thing to await).
///
///     bight::signals reload{SIGHUP};
///     while (true) {
///       const int number = co_await reload.next();
///       ...
///     }
///
/// Signals that come between two calls of `next` are kept, each once. While it lives, `run` does nothing with
/// its signals: a program that holds SIGINT and SIGTERM drains what it has begun, and decides what a second
/// one means. A task that waits here does not keep the loop from a deadlock
/// report. When the last object for a signal goes, what was there before is back: the default action, a
/// handler or SIG_IGN; a handler that was set meanwhile stays. Cancellation: nothing is lost.
/// Concurrency: one loop. Lifetime: ends with its loop at the latest. Errors: boost::system::system_error for
/// a signal that cannot be caught.
class signals {
 public:
  explicit signals(std::initializer_list<int> numbers);
  signals(const signals&) = delete;
  signals& operator=(const signals&) = delete;
  ~signals();

  /// The number of the next signal, waiting for one.
  [[nodiscard]] awaitable<int> next();

 private:
  class impl;
  detail::pimpl<impl> impl_;
};

}  // namespace bight
