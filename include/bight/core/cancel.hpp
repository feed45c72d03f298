// What a cancelled task sees: cancelled_error, and the counters of the running task.
#pragma once
#include <cstdint>
#include <source_location>
#include <string>

namespace bight {

/// Who asked for a cancellation.
enum class cancel_reason : std::uint8_t {
  request,    ///< task::cancel()
  timeout,    ///< a timeout scope; seen only inside it
  group,      ///< a task group of which another member failed
  gather,     ///< a gather of which another child failed
  shutdown,   ///< the end of run()
  interrupt,  ///< SIGINT or SIGTERM
};

/// Thrown at the await where a cancelled task waits.
///
/// Derives from nothing, so that `catch (const std::exception&)` around a unit of work does not swallow it
/// (Python made CancelledError a BaseException for the same reason). Let it pass, or catch it to clean up and
/// rethrow it. A task that catches it and goes on is running again: the request was used up.
class cancelled_error {
 public:
  cancelled_error(cancel_reason reason, std::source_location where, const char* waiting_for) noexcept
      : where_(where), waiting_for_(waiting_for), reason_(reason) {}

  /// Who asked.
  cancel_reason reason() const noexcept { return reason_; }
  /// Where the cancellation was asked for.
  std::source_location where() const noexcept { return where_; }
  /// What the task was waiting for, as in "queue::get". Never null.
  const char* waiting_for() const noexcept { return waiting_for_; }
  /// All of it, as one line.
  std::string describe() const;

 private:
  std::source_location where_;
  const char* waiting_for_;
  cancel_reason reason_;
};

/// What a task may ask and do about itself.
namespace this_task {

/// Returns how many cancellation requests the running task has that `uncancel` has not taken back.
/// Precondition: a bight task is running on this thread; otherwise throws errc::wrong_loop.
unsigned cancelling();

/// Takes one cancellation request back, as asyncio.Task.uncancel: at zero, a request that was not delivered
/// yet is dropped. Only code that catches a cancellation on purpose and goes on needs it. Returns the
/// requests that remain.
unsigned uncancel();

}  // namespace this_task
}  // namespace bight
