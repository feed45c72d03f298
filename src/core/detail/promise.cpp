#include <bight/core/detail/promise.hpp>

#include <cxxabi.h>
#include <bight/core/error.hpp>
#include <typeinfo>

namespace bight::detail {

bool handling_cancelled_error() noexcept {
  // The Itanium ABI tells the type without a rethrow, which would cost a microsecond for every frame.
  const std::type_info* const type = abi::__cxa_current_exception_type();
  return type && *type == typeid(cancelled_error);
}

void throw_never_awaitable() {
  throw std::logic_error("bight: an awaitable was awaited twice, or after it was moved from");
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
  if (task_->cancel_due()) {
    error_ = std::make_exception_ptr(task_->take_cancel("its turn"));
    cancelled_ = true;
    loop.resume(parent_->handle(), *task_);
  } else {
    loop.resume(self, *task_);
  }
}

}  // namespace bight::detail
