#include <bight/core/task_local.hpp>

#include <algorithm>
#include <bight/core/deadline.hpp>
#include <bight/core/detail/task_base.hpp>
#include <bight/core/detail/task_extras.hpp>
#include <bight/core/error.hpp>
#include <stdexcept>

namespace bight::detail {
namespace {

// Of the callback, or of the call on a thread, that runs outside of tasks.
constinit thread_local shared_values* outside_values = nullptr;

const local_values* values_of_running_code() noexcept {
  if (this_loop && this_loop->current) {
    const auto* const extras = this_loop->current->extras();
    return extras ? extras->locals.get() : nullptr;
  }
  return outside_values ? outside_values->get() : nullptr;
}

}  // namespace

const std::shared_ptr<const void>* local_values::find(const void* key) const noexcept {
  for (const auto& [k, value] : values_)
    if (k == key) return &value;
  return nullptr;
}

local_values local_values::with(const void* key, std::shared_ptr<const void> value) const {
  local_values copy{*this};
  auto& all = copy.values_;
  const auto at =
      std::find_if(all.begin(), all.end(), [key](const auto& entry) { return entry.first == key; });
  if (at != all.end() && value)
    at->second = std::move(value);
  else if (at != all.end())
    all.erase(at);
  else if (value)
    all.emplace_back(key, std::move(value));
  return copy;
}

shared_values current_values() noexcept {
  if (this_loop && this_loop->current) {
    const auto* const extras = this_loop->current->extras();
    return extras ? extras->locals : nullptr;
  }
  return outside_values ? *outside_values : nullptr;
}

shared_values background_values() {
  auto values = current_values();
  const auto& deadline = ambient_deadline();
  if (values && values->find(&deadline)) change_value(values, &deadline, nullptr);
  return values;
}

shared_values& changeable_values() {
  if (this_loop && this_loop->current) return this_loop->current->need_extras().locals;
  if (outside_values) return *outside_values;
  throw boost::system::system_error(make_error_code(errc::wrong_loop),
                                    "bight: task_local: no task is running on this thread");
}

void change_value(shared_values& of, const void* key, std::shared_ptr<const void> value) {
  const local_values none;
  auto changed = (of ? *of : none).with(key, std::move(value));
  of = changed.empty() ? nullptr : std::make_shared<const local_values>(std::move(changed));
}

const void* find_value(const void* key) noexcept {
  const auto* const values = values_of_running_code();
  const auto* const value = values ? values->find(key) : nullptr;
  return value ? value->get() : nullptr;
}

void throw_no_local_value() {
  throw std::logic_error("bight: task_local::get: no value is set, and there is no default");
}

values_scope::values_scope(shared_values& mine) noexcept : previous_(std::exchange(outside_values, &mine)) {}
values_scope::~values_scope() { outside_values = previous_; }

value_scope::value_scope(const void* key, std::shared_ptr<const void> value)
    : values_(&changeable_values()), before_(*values_), key_(key) {
  change_value(*values_, key, std::move(value));
  after_ = *values_;
}

value_scope::~value_scope() {
  if (*values_ == after_) {
    *values_ = std::move(before_);
    return;
  }
  const auto* const mine = before_ ? before_->find(key_) : nullptr;
  try {
    change_value(*values_, key_, mine ? *mine : nullptr);
  } catch (...) { *values_ = std::move(before_); }  // no memory: the others are older than they should be
}

}  // namespace bight::detail
