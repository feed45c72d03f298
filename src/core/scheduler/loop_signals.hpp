// Signals on a loop, without keeping it running.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <initializer_list>
#include <utility>
#include <vector>

#include "core/scheduler/loop_impl.hpp"

namespace bight::detail {

/// The purpose of handling a signal.
enum class signal_use : unsigned char {
  hold,       ///< A `signals` object; takes precedence over the others.
  interrupt,  ///< Ends a run. The second one ends the process, from the signal handler.
  dump,       ///< Logs the tasks.
};

/// Calls a function on the loop for each signal. Asio counts the wait as work, which is compensated for. The
/// previous action is restored when the last object for a signal is destroyed, which Asio does not do. Must
/// be destroyed before its loop.
class loop_signals {
 public:
  loop_signals(loop_impl& loop, signal_use use, std::function<void(int)> f)
      : loop_(&loop), set_(loop.io()), call_(std::move(f)), use_(use) {}
  loop_signals(const loop_signals&) = delete;
  loop_signals& operator=(const loop_signals&) = delete;
  ~loop_signals();

  /// Handles the signals; unless `hold`, only those with the default action, or that another object of this
  /// class handles.
  void wait_for(std::initializer_list<int> signals);

 private:
  boost::asio::io_context::executor_type executor() const { return loop_->io().get_executor(); }
  void wait() {
    set_.async_wait([this](const boost::system::error_code& ec, int signal) {
      if (ec) return;
      executor().on_work_started();
      waiting_ = false;
      const loop_entry entry{*loop_};
      received(signal);
      wait();
    });
    waiting_ = true;
    executor().on_work_finished();
  }

  void received(int signal);

  loop_impl* loop_;
  boost::asio::signal_set set_;
  std::function<void(int)> call_;
  signal_use use_;
  std::vector<int> taken_;
  bool waiting_ = false;
};

/// Logs the tasks of a loop as a warning on SIGUSR1, unless the program handles or ignores it. Must be
/// destroyed before its loop.
class dump_on_signal {
 public:
  explicit dump_on_signal(loop_impl& loop);

 private:
  loop_signals set_;
};

}  // namespace bight::detail
