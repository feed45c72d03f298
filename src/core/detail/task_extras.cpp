#include <bight/core/detail/task_extras.hpp>

#include <bight/core/detail/task_core.hpp>
#include <bight/core/task_local.hpp>

namespace bight::detail {

task_extras::~task_extras() {
  while (auto* const l = listeners) l->stop_listening();
}

void end_listener::listen(joinable_task& to) {
  auto& extras = to.need_extras();
  task_ = &to;
  previous_ = extras.last_listener;
  next_ = nullptr;
  (previous_ ? previous_->next_ : extras.listeners) = this;
  extras.last_listener = this;
}

void end_listener::stop_listening() noexcept {
  if (!task_) return;
  auto& extras = *task_->extras();
  (previous_ ? previous_->next_ : extras.listeners) = next_;
  (next_ ? next_->previous_ : extras.last_listener) = previous_;
  task_ = nullptr;
}

}  // namespace bight::detail
