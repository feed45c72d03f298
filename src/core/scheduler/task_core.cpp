#include <bight/core/detail/task_core.hpp>
#include <bight/core/detail/task_extras.hpp>

#include <bight/core/detail/local_values.hpp>
#include <bight/core/error.hpp>
#include <bight/core/task_local.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/scheduler/failures.hpp"
#include "core/scheduler/loop_impl.hpp"

namespace bight::detail {

namespace {

// The running task of this thread, if any.
task_base* running_task() noexcept { return this_loop ? this_loop->current : nullptr; }

// A task that is started outside tasks inherits the values of the callback or thread. Only members of groups
// inherit the deadline, since other tasks are not awaited.
void inherit_from_running_code(task_base& child) {
  if (const auto* const from = running_task(); from && !from->extras()) return;
  if (auto values = child.owner().parent() ? current_values() : background_values())
    child.need_extras().locals = std::move(values);
}

}  // namespace

void launch(joinable_task& task) {
  inherit_from_running_code(task);
  task.owner().child_started(task);
  task.loop().push(task);
}

void launch_eagerly(joinable_task& task) {
  constexpr int deepest = 100;  // first steps inside first steps, each on the stack of the one before
  auto& loop = task.loop();
  if (this_loop != &loop || loop.eager_depth == deepest) return launch(task);
  inherit_from_running_code(task);
  task.owner().child_started(task);
  auto* const parent = loop.current;
  const auto budget = loop.budget;
  const auto next = std::exchange(loop.next, nullptr);
  ++loop.eager_depth;
  static_cast<scheduled&>(task).run();
  --loop.eager_depth;
  loop.next = next;
  loop.budget = budget;
  loop.current = parent;
}

void inherit_extras(task_base& child, const task_base& from) {
  if (from.extras()->locals) child.need_extras().locals = from.extras()->locals;
}

std::string name_of(const task_base& t) {
  if (t.extras() && !t.extras()->name.empty()) return t.extras()->name;
  return "task-" + std::to_string(t.number());
}

void set_name(task_base& t, std::string&& name) { t.need_extras().name = std::move(name); }

void describe_task(task_base& t, std::string&& name, const std::source_location& where) {
  t.need_extras().name = std::move(name);
  t.set_spawned_at(where);
}

void joinable_task::require_finished() const {
  if (!finished_)
    throw boost::system::system_error(make_error_code(errc::not_retrievable),
                                      "bight: the task has not completed");
}

void joinable_task::finish(std::exception_ptr error, bool cancelled) noexcept {
  mark_finished(std::move(error), cancelled);
  if (error_) [[unlikely]]
    keep_handler();
  while (auto* first = joiners_.front()) {
    joiners_.remove(*first);
    static_cast<join_base*>(first)->wake();
  }
  if (extras_) [[unlikely]]
    tell_listeners();
  owner_->child_finished(*this);
  release();
}

// Saves the handler for an unretrieved error: the loop may be destroyed by then.
void joinable_task::keep_handler() noexcept {
  const auto& handler = static_cast<loop_impl&>(*loop_).on_exception;
  if (handler && !cancelled_) need_extras().on_exception = handler;
}

void joinable_task::tell_listeners() noexcept {
  while (auto* const l = extras_->listeners) {
    l->stop_listening();
    l->task_ended(*this);
  }
}

void joinable_task::abandon() noexcept {
  // First, so that destructors in the body see the task as completed.
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
  if (error_ && !cancelled_ && !std::exchange(retrieved_, true)) {
    references_ = 1;  // the handler may keep a handle
    report_failure(extras_ ? extras_->on_exception : nullptr, "the error of {} was never retrieved", this,
                   error_);
    if (--references_ != 0) return;
  }
  destroy();
}

void joinable_task::throw_value_moved() {
  throw boost::system::system_error(make_error_code(errc::value_moved),
                                    "bight: co_await std::move(task) has moved it out");
}

bool join_base::ready_to_join() {
  if (joined_ == &task()) throw std::logic_error("bight: a task awaits itself");
  if (!joined_->finished() && &joined_->loop() != &loop())
    throw boost::system::system_error(make_error_code(errc::wrong_loop),
                                      "bight: cannot await a task of another loop");
  return joined_->finished();
}

// Tasks that await each other can form long chains and cycles, so they are traversed with a list instead of
// recursion, and each is cancelled once.
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
