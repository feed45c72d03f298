#include <bight/core/detail/promise.hpp>

#include <cxxabi.h>
#include <bight/core/error.hpp>
#include <bight/core/log.hpp>
#include <typeinfo>

#include "core/detail/introspect.hpp"

namespace bight::detail {

bool handling_cancelled_error() noexcept {
  // The Itanium ABI tells the type without a rethrow, which would cost a microsecond for every frame.
  const std::type_info* const type = abi::__cxa_current_exception_type();
  return type && *type == typeid(cancelled_error);
}

void throw_never_awaitable() {
  throw std::logic_error("bight: an awaitable was awaited twice, or after it was moved from");
}

// Not while a cancellation or an error unwinds what was prepared: that is no mistake.
void promise_base::report_unawaited() const noexcept {
  const auto* const loop = this_loop;
  if (!loop || !loop->debug || loop->closing || !loop->current) return;
  if (std::uncaught_exceptions() != 0 || loop->current->cancelling() != 0) return;
  try {
    log(log_level::warning, "bight: never awaited: " + place_of(site_));
  } catch (...) { log(log_level::warning, "bight: an awaitable was never awaited"); }
}

bool promise_base::begin_slowly() noexcept {
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

void promise_base::begin_deferred(std::coroutine_handle<> self) noexcept {
  auto& loop = task_->loop();
  if (task_->cancel_due() && !in_any_case_) {
    error_ = std::make_exception_ptr(task_->take_cancel("its turn"));
    cancelled_ = true;
    loop.resume(parent_->handle(), *task_);
  } else {
    loop.resume(self, *task_);
  }
}

}  // namespace bight::detail
