#include <bight/core/error.hpp>

#include <fmt/format.h>
#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>
#include <cerrno>

namespace bight {
namespace {

const char* text(errc code) noexcept {
  switch (code) {
    case errc::timed_out:
      return "timed out";
    case errc::queue_shut_down:
      return "the queue is shut down";
    case errc::recursion:
      return "coroutines are nested too deeply";
    case errc::deadlock:
      return "deadlock: all tasks are waiting and nothing can wake one";
    case errc::group_closed:
      return "the task group is closed";
    case errc::wrong_loop:
      return "wrong loop, or no running loop";
    case errc::loop_running:
      return "the loop is already running";
    case errc::not_retrievable:
      return "the result is not available";
    case errc::configuration:
      return "program and library were built with different Boost.Asio configurations";
    case errc::interrupted:
      return "interrupted by a signal";
    case errc::broken_promise:
      return "the promise was destroyed without a result";
    case errc::broken_barrier:
      return "barrier aborted or reset";
    case errc::destroyed:
      return "destroyed while tasks were waiting";
    case errc::value_moved:
      return "the result has already been moved out";
    case errc::lagged:
      return "the subscriber was too slow: items were dropped";
    case errc::loop_closed:
      return "the loop has ended, or cancelled the call";
    case errc::pool_closed:
      return "the pool is closed";
    case errc::limit_exceeded:
      return "limit exceeded";
    case errc::unexpected_end:
      return "unexpected end of data";
    case errc::half_written:
      return "an earlier write was interrupted";
    case errc::process_failed:
      return "the program failed";
    case errc::worker_not_ready:
      return "the worker process did not start";
    case errc::worker_died:
      return "the worker process died";
    case errc::remote_failed:
      return "the function failed in the worker";
    case errc::unknown_function:
      return "the worker has no such function";
    case errc::no_value:
      return "the coroutine ended without a value";
  }
  return "unknown bight error";
}

class category final : public boost::system::error_category {
 public:
  using error_category::equivalent;
  const char* name() const noexcept override { return "bight.core"; }
  std::string message(int code) const override { return text(static_cast<errc>(code)); }
  // The others would be the same again: the program is wrong, or is ending.
  bool equivalent(int code, const boost::system::error_condition& condition) const noexcept override {
    if (condition == transient) return code == static_cast<int>(errc::timed_out);
    return error_category::equivalent(code, condition);
  }
};

// Of the operating system and of Asio, whose categories know nothing of bight.
bool is_transient_there(const boost::system::error_code& code) noexcept {
  namespace system_errc = boost::system::errc;
  if (code == boost::asio::error::eof || code == boost::asio::error::host_not_found_try_again) return true;
  if (code.category() != boost::system::system_category() &&
      code.category() != boost::system::generic_category())
    return false;
  switch (code.value()) {
    case system_errc::connection_reset:
    case system_errc::connection_refused:
    case system_errc::connection_aborted:
    case system_errc::broken_pipe:
    case system_errc::timed_out:
    case system_errc::host_unreachable:
    case system_errc::network_unreachable:
    case system_errc::network_down:
    case system_errc::network_reset:
    case system_errc::resource_unavailable_try_again:
    case EHOSTDOWN:
      return true;
    default:
      return false;
  }
}

class condition_category final : public boost::system::error_category {
 public:
  using error_category::equivalent;
  const char* name() const noexcept override { return "bight"; }
  std::string message(int) const override { return "transient error"; }
  bool equivalent(const boost::system::error_code& code, int condition) const noexcept override {
    return condition == static_cast<int>(transient) && is_transient_there(code);
  }
};

}  // namespace

const boost::system::error_category& core_category() noexcept {
  static const category instance;
  return instance;
}

boost::system::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), core_category()};
}

boost::system::error_condition make_error_condition(error_condition condition) noexcept {
  static const condition_category instance;
  return {static_cast<int>(condition), instance};
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
