#include <bight/core/awaiter.hpp>
#include <bight/core/detail/promise.hpp>
#include <bight/core/error.hpp>
#include <bight/core/log.hpp>
#include <string>

#include "core/scheduler/introspect.hpp"
#include "core/scheduler/loop_impl.hpp"

namespace bight {
namespace {

bool runs_here(detail::loop_core& loop) noexcept { return static_cast<detail::loop_impl&>(loop).runs_here(); }

}  // namespace

bool awaiter::suspend(std::coroutine_handle<> frame) {
  frame_ = frame;
  if (state_ == state::deferred) {
    loop().push(*this);
    if (loop().hook) [[unlikely]]
      loop().hook->at_await(*task_);
    return true;
  }
  return begin_wait();
}

// Starts the wait. Returns false if a cancellation is delivered instead.
bool awaiter::begin_wait() {
  const bool due = task_->cancel_due();
  if (due && rule_ == on_cancel::throw_first) {
    state_ = state::cancelled;
    return false;
  }
  state_ = state::parked;
  task_->set_waiting(this);
  try {
    park();
  } catch (...) {
    state_ = state::idle;
    task_->set_waiting(nullptr);
    throw;
  }
  if (due && state_ == state::parked) interrupt();
  if (loop().hook && state_ == state::parked) [[unlikely]]
    loop().hook->at_await(*task_);
  return true;
}

void awaiter::run() noexcept {
  if (state_ == state::deferred) {
    const bool cancelled = task_->cancel_due() && rule_ == on_cancel::throw_first;
    loop().budget = loop().budget_per_turn;
    loop().current = task_;
    if (cancelled) {
      state_ = state::cancelled;
    } else {
      state_ = state::idle;
      if (!retry()) return;
    }
  }
  loop().resume(frame_, *task_);
}

// Returns true if the coroutine is to go on now.
bool awaiter::retry() noexcept {
  try {
    return ready() || !begin_wait();
  } catch (...) {
    // Thrown to the awaiting coroutine, which is resumed next.
    loop().retry_error = std::current_exception();
    state_ = state::failed;
    return true;
  }
}

void awaiter::interrupt() noexcept {
  if (!unpark()) return;
  state_ = state::cancelled;
  task_->set_waiting(nullptr);
  loop().push(*this);
}

void awaiter::wake_in_place() noexcept {
  state_ = state::ready;
  task_->set_waiting(nullptr);
  loop().resume(frame_, *task_);
}

// The primitive is destroyed while the task exists.
void awaiter::orphan() noexcept {
  if (loop().closing) return forget();
  state_ = state::orphaned;
  task_->set_waiting(nullptr);
  loop().push(*this);
}

void awaiter::refuse_wrong_thread() const noexcept {
  // Without a running loop on this thread, this may be the thread of a loop that is not running just now.
  const bool elsewhere = detail::this_loop || (loop().debug && !runs_here(loop()));
  if (!elsewhere) return;
  try {
    log(log_level::error, std::string{"bight: a task waiting in "} + waiting_for() +
                              " was woken from another " + (detail::this_loop ? "loop" : "thread") +
                              "; use loop.call_soon_threadsafe there");
  } catch (...) {  // the message is lost, the end is not
  }
  std::terminate();
}

void awaiter::report_unawaited() const noexcept {
  if (!detail::dropping_is_a_mistake()) return;
  try {
    log(log_level::warning, std::string{"bight: never awaited: "} + waiting_for() + ", dropped by " +
                                detail::name_of(*detail::this_loop->current));
  } catch (...) { log(log_level::warning, "bight: something was never awaited"); }
}

void waiter_list::throw_wrong_loop(const queued_awaiter& a) {
  throw boost::system::system_error(
      make_error_code(errc::wrong_loop),
      std::string{"bight: tasks of another loop are waiting in "} + a.waiting_for());
}

void awaiter::raise() {
  const bool failed = state_ == state::failed;
  const bool orphaned = state_ == state::orphaned;
  state_ = state::idle;
  if (orphaned)
    throw boost::system::system_error(
        make_error_code(errc::destroyed),
        std::string{"bight: destroyed while a task was waiting in "} + waiting_for());
  if (failed) std::rethrow_exception(std::exchange(loop().retry_error, nullptr));
  throw task_->take_cancel(waiting_for());
}

}  // namespace bight
