#include <bight/core/run.hpp>
#include <bight/core/runner.hpp>

#include <bight/core/detail/task_extras.hpp>
#include <bight/core/error.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include "core/scheduler/loop_signals.hpp"

namespace bight::detail {

class runner::signals {
 public:
  signals(loop_impl& loop, int& received, task_base& main)
      : interrupts_(loop, signal_use::interrupt,
                    [&received, &main](int signal) {
                      if (std::exchange(received, signal) != 0) std::_Exit(128 + signal);  // the second one
                      main.request_cancel(nullptr, cancel_reason::interrupt, {});
                    }),
        dumps_(loop) {
    interrupts_.wait_for({SIGINT, SIGTERM});
  }

 private:
  loop_signals interrupts_;
  dump_on_signal dumps_;
};

runner::runner(const run_options& options) : loop_(options.loop), options_(options) {
  if (this_loop)
    throw boost::system::system_error(make_error_code(errc::loop_running),
                                      "bight: run inside a running loop");
}

runner::~runner() = default;

void runner::forget_signals() noexcept { signals_.reset(); }

void runner::keep_values(const task_base& main) noexcept {
  values_ = main.extras() ? main.extras()->locals : nullptr;
}

void runner::begin(task_base& main) {
  signal_ = 0;
  if (options_.handle_signals)
    signals_ = pimpl<signals>(new signals(asio_access::impl(loop_), signal_, main));
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

namespace bight {

void runner::require_open() const {
  if (closed_)
    throw boost::system::system_error(make_error_code(errc::loop_closed), "bight: runner::run after close");
}

void runner::close() noexcept {
  if (std::exchange(closed_, true)) return;
  try {
    runner_.end();
  } catch (...) { log(log_level::error, "bight: runner::close: " + describe(std::current_exception())); }
}

}  // namespace bight
