// Signals, on a loop that they do not keep alive.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <initializer_list>
#include <utility>
#include <vector>

#include "core/detail/loop_impl.hpp"

namespace bight::detail {

/// What a signal is taken over for.
enum class signal_use : unsigned char {
  hold,       ///< Whatever happened at it before; the others of this process do nothing with it meanwhile.
  interrupt,  ///< The end of a run. The second one ends the process, from the signal handler.
  dump,       ///< A report.
};

/// Calls a function on the loop for each signal. Asio counts the wait as work, so that count is taken back
/// while it lasts. What the process did at a signal before is restored when the last object for it goes,
/// which Asio does not do. To be destroyed before its loop.
class quiet_signals {
 public:
  quiet_signals(loop_impl& loop, signal_use use, std::function<void(int)> f)
      : loop_(&loop), set_(loop.io()), call_(std::move(f)), use_(use) {}
  quiet_signals(const quiet_signals&) = delete;
  quiet_signals& operator=(const quiet_signals&) = delete;
  ~quiet_signals();

  /// Takes the signals over; unless they are held, only those at which the default action was taken, or which
  /// another object of this class has.
  void wait_for(std::initializer_list<int> signals);

 private:
  boost::asio::io_context::executor_type executor() const { return loop_->io().get_executor(); }
  void wait() {
    set_.async_wait([this](const boost::system::error_code& ec, int signal) {
      if (ec) return;
      executor().on_work_started();
      waiting_ = false;
      const loop_entry entry{*loop_};
      came(signal);
      wait();
    });
    waiting_ = true;
    executor().on_work_finished();
  }

  void came(int signal);

  loop_impl* loop_;
  boost::asio::signal_set set_;
  std::function<void(int)> call_;
  signal_use use_;
  std::vector<int> taken_;
  bool waiting_ = false;
};

/// Logs the tasks of a loop on SIGUSR1, as a warning, unless the program handles or ignores that. To be
/// destroyed before its loop.
class dumps_on_signal {
 public:
  explicit dumps_on_signal(loop_impl& loop);

 private:
  quiet_signals set_;
};

}  // namespace bight::detail
