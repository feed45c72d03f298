#include <bight/core/detail/task_core.hpp>
#include <bight/core/error.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <stdexcept>

namespace bight::detail {

void launch(joinable_task& task) {
  task.owner().child_started(task);
  task.loop().push(task);
}

void joinable_task::require_finished() const {
  if (!finished_)
    throw boost::system::system_error(make_error_code(errc::not_retrievable),
                                      "bight: the task has not ended");
}

void joinable_task::finish(std::exception_ptr error, bool cancelled) noexcept {
  mark_finished(std::move(error), cancelled);
  while (auto* first = joiners_.front()) {
    joiners_.remove(*first);
    static_cast<join_base*>(first)->wake();
  }
  owner_->child_finished(*this);
  release();
}

void joinable_task::abandon() noexcept {
  // First, so that destructors in the body that cancel or ask for this task find it ended.
  mark_finished(std::make_exception_ptr(cancelled_error{cancel_reason::shutdown, {}, "the end of its loop"}),
                true);
  drop_body();
  owner_->child_finished(*this);
  release();
}

bool joinable_task::cancelled_before_start() noexcept {
  if (!cancel_due()) return false;
  auto error = std::make_exception_ptr(take_cancel("its start"));
  drop_body();
  finish(std::move(error), true);
  return true;
}

void joinable_task::fail_to_start() noexcept {
  const bool cancelled = handling_cancelled_error();
  auto error = std::current_exception();
  drop_body();
  finish(std::move(error), cancelled);
}

void joinable_task::last_release() noexcept {
  if (error_ && !cancelled_ && !retrieved_) {
    try {
      log(log_level::error, "bight: the error of a task was never retrieved: " + describe(error_));
    } catch (...) { log(log_level::error, "bight: the error of a task was never retrieved"); }
  }
  destroy();
}

void joinable_task::throw_value_moved() {
  throw boost::system::system_error(make_error_code(errc::value_moved),
                                    "bight: co_await std::move(task) took it");
}

bool join_base::ready_to_join() {
  if (joined_ == &task()) throw std::logic_error("bight: a task awaits itself");
  if (!joined_->finished() && &joined_->loop() != &loop())
    throw boost::system::system_error(make_error_code(errc::wrong_loop),
                                      "bight: a task of another loop is awaited");
  return joined_->finished();
}

// Tasks that await each other form chains of any length, even circles: they are followed by a list, not by
// recursion, and each task is told once.
bool join_base::forward_cancel() noexcept {
  auto*& newest = loop().newest_forwarded;
  if (joined_->forwarded_) return false;
  joined_->forwarded_ = true;
  joined_->next_forwarded_ = nullptr;
  if (auto* const previous = std::exchange(newest, joined_)) {
    previous->next_forwarded_ = joined_;
    return false;
  }
  for (auto* t = joined_; t; t = t->next_forwarded_) t->request_cancel(nullptr, cancel_reason::request, {});
  newest = nullptr;
  for (auto* t = joined_; t; t = t->next_forwarded_) t->forwarded_ = false;
  return false;
}

}  // namespace bight::detail
