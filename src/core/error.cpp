#include <bight/core/error.hpp>

#include <fmt/format.h>

namespace bight {
namespace {

const char* text(errc code) noexcept {
  switch (code) {
    case errc::timed_out:
      return "timed out";
    case errc::queue_shut_down:
      return "the queue is shut down";
    case errc::recursion:
      return "coroutines await each other too deep";
    case errc::deadlock:
      return "deadlock: every task waits and nothing can wake one";
    case errc::group_closed:
      return "the task group takes no more tasks";
    case errc::wrong_loop:
      return "wrong loop, or none is running";
    case errc::loop_running:
      return "the loop is running already";
    case errc::not_retrievable:
      return "the result is not available";
    case errc::configuration:
      return "program and library were built with different Boost.Asio configurations";
    case errc::interrupted:
      return "interrupted by a signal";
    case errc::broken_promise:
      return "the promise went without a result";
    case errc::broken_barrier:
      return "barrier aborted or reset";
    case errc::destroyed:
      return "destroyed while tasks waited at it";
    case errc::value_moved:
      return "the result was moved out already";
    case errc::lagged:
      return "the subscriber was too slow: items were dropped";
    case errc::loop_closed:
      return "the other loop has ended, or cancelled the call";
    case errc::pool_closed:
      return "the pool is closed";
    case errc::limit_exceeded:
      return "a limit is exceeded";
    case errc::unexpected_end:
      return "the end came too early";
    case errc::half_written:
      return "an earlier write was interrupted half-way";
    case errc::process_failed:
      return "the program failed";
    case errc::worker_not_ready:
      return "the process did not become a worker";
    case errc::worker_died:
      return "the worker died";
    case errc::remote_failed:
      return "the function failed in the worker";
    case errc::unknown_function:
      return "the worker does not know the function";
    case errc::no_value:
      return "the coroutine ended without a value";
  }
  return "unknown bight error";
}

class category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "bight.core"; }
  std::string message(int code) const override { return text(static_cast<errc>(code)); }
};

}  // namespace

const boost::system::error_category& core_category() noexcept {
  static const category instance;
  return instance;
}

boost::system::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), core_category()};
}

timeout_error::timeout_error() : system_error(make_error_code(errc::timed_out)) {}
timeout_error::timeout_error(const std::string& what)
    : system_error(make_error_code(errc::timed_out), what) {}
queue_shut_down::queue_shut_down() : system_error(make_error_code(errc::queue_shut_down)) {}
recursion_error::recursion_error() : system_error(make_error_code(errc::recursion)) {}
deadlock_error::deadlock_error(const std::string& report)
    : system_error(make_error_code(errc::deadlock)), text_(system_error::what() + report) {}
interrupt_error::interrupt_error(int signal)
    : system_error(make_error_code(errc::interrupted), fmt::format("signal {}", signal)), signal_(signal) {}

}  // namespace bight
