#include <bight/core/run.hpp>

#include <bight/core/error.hpp>
#include <bight/core/exception_group.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "core/detail/loop_impl.hpp"

namespace bight::detail {

// Waits for signals without keeping the loop alive: Asio counts the wait as work, so that count is taken back
// while it lasts.
class runner::signals {
 public:
  signals(loop_impl& loop, int& received, task_base& main)
      : loop_(&loop), io_(&loop.io()), set_(*io_, SIGINT, SIGTERM), received_(&received), main_(&main) {
    wait();
  }
  signals(const signals&) = delete;
  signals& operator=(const signals&) = delete;
  ~signals() {
    if (waiting_) io_->get_executor().on_work_started();
  }

 private:
  void wait() {
    set_.async_wait([this](const boost::system::error_code& ec, int signal) {
      if (ec) return;
      io_->get_executor().on_work_started();
      waiting_ = false;
      const loop_entry entry{*loop_};
      if (std::exchange(*received_, signal) != 0) std::_Exit(128 + signal);  // the second one
      main_->request_cancel(nullptr, cancel_reason::interrupt, {});
      wait();
    });
    waiting_ = true;
    io_->get_executor().on_work_finished();
  }

  loop_impl* loop_;
  boost::asio::io_context* io_;
  boost::asio::signal_set set_;
  int* received_;
  task_base* main_;
  bool waiting_ = false;
};

runner::runner(const run_options& options) : loop_(options.loop), options_(options) {
  if (this_loop)
    throw boost::system::system_error(make_error_code(errc::loop_running),
                                      "bight: run inside a running loop");
}

runner::~runner() = default;

void runner::begin(task_base& main) {
  if (options_.handle_signals) signals_ = std::make_unique<signals>(asio_access::impl(loop_), signal_, main);
}

void runner::end() { asio_access::impl(loop_).shut_down(options_.shutdown_timeout); }

void runner::raise_interrupt() { throw interrupt_error{signal_}; }

int report_main_failure() noexcept {
  try {
    throw;
  } catch (const interrupt_error& e) { return 128 + e.signal(); } catch (...) {
    const auto line = describe(std::current_exception()) + '\n';
    std::fputs(line.c_str(), stderr);
    return 1;
  }
}

}  // namespace bight::detail
