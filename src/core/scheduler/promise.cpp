#include <bight/core/detail/generator_promise.hpp>
#include <bight/core/detail/promise.hpp>

#include <cxxabi.h>
#include <bight/core/error.hpp>
#include <bight/core/log.hpp>
#include <stdexcept>
#include <typeinfo>

#include "core/scheduler/introspect.hpp"

namespace bight::detail {

bool handling_cancelled_error() noexcept {
  // The Itanium ABI tells the type without a rethrow, which would cost a microsecond for every frame.
  const std::type_info* const type = abi::__cxa_current_exception_type();
  return type && *type == typeid(cancelled_error);
}

void throw_never_awaitable() {
  throw std::logic_error("bight: an awaitable was awaited twice, or after it was moved from");
}

void promise_base::note_missing_value() noexcept {
  if (error_) return;
  try {
    throw boost::system::system_error(make_error_code(errc::no_value),
                                      "bight: a coroutine ended without co_return, after " + place_of(site_));
  } catch (...) { error_ = std::current_exception(); }
}

void promise_base::throw_error() {
  note_missing_value();
  std::rethrow_exception(std::move(error_));
}

bool dropping_is_a_mistake() noexcept {
  const auto* const loop = this_loop;
  if (!loop || !loop->debug || loop->closing || !loop->current) return false;
  return std::uncaught_exceptions() == 0 && loop->current->cancelling() == 0;
}

void promise_base::report_unawaited() const noexcept {
  if (!dropping_is_a_mistake()) return;
  try {
    log(log_level::warning, "bight: never awaited: " + place_of(site_));
  } catch (...) { log(log_level::warning, "bight: an awaitable was never awaited"); }
}

bool promise_base::defer_start() noexcept {
  if (depth_ > max_depth) {
    error_ = std::make_exception_ptr(recursion_error{});
    return false;
  }
  if (parent_) task_->set_leaf(*parent_);
  task_->loop().push(*this);
  if (task_->loop().hook) [[unlikely]]
    task_->loop().hook->at_await(*task_);
  return true;
}

void promise_base::run_deferred(std::coroutine_handle<> self) noexcept {
  auto& loop = task_->loop();
  if (task_->cancel_due() && !in_any_case_) {
    error_ = std::make_exception_ptr(task_->take_cancel("its turn"));
    cancelled_ = true;
    loop.resume(parent_->handle(), *task_);
  } else {
    loop.resume(self, *task_);
  }
}

void throw_second_next() {
  throw std::logic_error("bight: generator::next: another task is waiting for the next item");
}

void terminate_destroyed_generator() noexcept {
  try {
    log(log_level::error, "bight: a generator was destroyed while a task was waiting in next()");
  } catch (...) {  // the message is lost, the end is not
  }
  std::terminate();
}

}  // namespace bight::detail
