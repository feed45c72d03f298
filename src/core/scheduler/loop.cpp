#include <bight/core/loop.hpp>

#include <bight/core/error.hpp>
#include <utility>

#include "core/scheduler/loop_impl.hpp"

namespace bight {

loop::loop(loop_options options) : loop(std::make_shared<detail::loop_impl>(options, nullptr)) {}

loop::loop(std::shared_ptr<detail::loop_impl> impl) noexcept : impl_(std::move(impl)) { impl_->owner = this; }

loop::~loop() {
  impl_->owner = nullptr;
  impl_->close();
  detail::trim_frame_cache();
}

loop& loop::current() { return *detail::require_loop().owner; }

detail::loop_core& loop::core() {
  detail::require_own_thread(*impl_, "a task or a callback is started");
  return *impl_;
}

void loop::run_until(detail::task_base& t) {
  if (&t.loop() != impl_.get())
    throw boost::system::system_error(make_error_code(errc::wrong_loop),
                                      "bight: the task belongs to another loop");
  impl_->run_until(&t);
}

exception_handler loop::set_exception_handler(exception_handler handler) {
  auto made = handler ? std::make_shared<exception_handler>(std::move(handler)) : nullptr;
  const auto old = std::exchange(impl_->on_exception, std::move(made));
  return old ? *old : exception_handler{};
}

void loop::shut_down() { impl_->shut_down(std::chrono::nanoseconds::max()); }

detail::mailbox& loop::mail() const noexcept { return *impl_->mail(); }

loop_handle loop::handle() { return loop_handle{impl_->mail()}; }

}  // namespace bight
