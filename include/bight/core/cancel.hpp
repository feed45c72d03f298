// cancelled_error, and the cancellation counters of the running task.
#pragma once
#include <cstdint>
#include <source_location>
#include <string>

namespace bight {

/// The source of a cancellation.
enum class cancel_reason : std::uint8_t {
  request,    ///< task::cancel()
  timeout,    ///< a timeout; seen only inside its scope
  group,      ///< a task group in which another member failed
  gather,     ///< a gather in which another child failed
  shutdown,   ///< the end of run()
  interrupt,  ///< SIGINT or SIGTERM
};

/// Thrown by the await at which a cancelled task is waiting.
///
/// Does not derive from std::exception, so that `catch (const std::exception&)` around a unit of work does
/// not swallow it (as CancelledError is a BaseException in Python). Let it propagate, or clean up and
/// rethrow. A task that catches it and continues is no longer cancelled.
class cancelled_error {
 public:
  cancelled_error(cancel_reason reason, std::source_location where, const char* waiting_for) noexcept
      : where_(where), waiting_for_(waiting_for), reason_(reason) {}

  /// The source of the cancellation.
  cancel_reason reason() const noexcept { return reason_; }
  /// Where it was requested.
  std::source_location where() const noexcept { return where_; }
  /// The operation that the task was waiting for, such as "queue::get". Never null.
  const char* waiting_for() const noexcept { return waiting_for_; }
  /// All of the above on one line.
  std::string describe() const;

 private:
  std::source_location where_;
  const char* waiting_for_;
  cancel_reason reason_;
};

/// Functions that apply to the running task.
namespace this_task {

/// The number of cancellation requests of the running task that have not been taken back by `uncancel`.
/// Errors: errc::wrong_loop if no task is running on this thread.
unsigned cancelling();

/// Takes back one cancellation request (asyncio.Task.uncancel); at zero, a request that has not been
/// delivered yet is dropped. Only needed by code that catches a cancellation deliberately and continues.
/// Returns the number of remaining requests.
unsigned uncancel();

}  // namespace this_task
}  // namespace bight
