#include <bight/core/run.hpp>

#include <bight/core/error.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/introspect.hpp>
#include <bight/core/log.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <initializer_list>

#include "core/detail/loop_impl.hpp"

namespace bight::detail {

namespace {

// Waits for signals without keeping the loop alive: Asio counts the wait as work, so that count is taken back
// while it lasts.
class quiet_signals {
 public:
  quiet_signals(loop_impl& loop, std::function<void(int)> f)
      : loop_(&loop), set_(loop.io()), call_(std::move(f)) {}
  quiet_signals(const quiet_signals&) = delete;
  quiet_signals& operator=(const quiet_signals&) = delete;
  ~quiet_signals() {
    if (waiting_) executor().on_work_started();
  }
  void wait_for(std::initializer_list<int> signals) {
    for (const int s : signals) set_.add(s);
    wait();
  }

 private:
  boost::asio::io_context::executor_type executor() const { return loop_->io().get_executor(); }
  void wait() {
    set_.async_wait([this](const boost::system::error_code& ec, int signal) {
      if (ec) return;
      executor().on_work_started();
      waiting_ = false;
      const loop_entry entry{*loop_};
      call_(signal);
      wait();
    });
    waiting_ = true;
    executor().on_work_finished();
  }

  loop_impl* loop_;
  boost::asio::signal_set set_;
  std::function<void(int)> call_;
  bool waiting_ = false;
};

}  // namespace

class runner::signals {
 public:
  signals(loop_impl& loop, int& received, task_base& main)
      : interrupts_(loop,
                    [&received, &main](int signal) {
                      if (std::exchange(received, signal) != 0) std::_Exit(128 + signal);  // the second one
                      main.request_cancel(nullptr, cancel_reason::interrupt, {});
                    }),
        dumps_(loop, [](int) { log(log_level::warning, "bight: tasks:\n" + dump_tasks()); }) {
    interrupts_.wait_for({SIGINT, SIGTERM});
    dumps_.wait_for({SIGUSR1});
  }

 private:
  quiet_signals interrupts_;
  quiet_signals dumps_;
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
