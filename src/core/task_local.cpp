#include <bight/core/task_local.hpp>

#include <algorithm>
#include <bight/core/detail/task_base.hpp>
#include <bight/core/detail/task_extras.hpp>
#include <bight/core/error.hpp>

namespace bight::detail {

const std::shared_ptr<const void>* local_values::find(const void* key) const noexcept {
  for (const auto& [k, value] : values_)
    if (k == key) return &value;
  return nullptr;
}

local_values local_values::with(const void* key, std::shared_ptr<const void> value) const {
  local_values copy{*this};
  const auto at = std::find_if(copy.values_.begin(), copy.values_.end(),
                               [key](const auto& entry) { return entry.first == key; });
  if (at == copy.values_.end())
    copy.values_.emplace_back(key, std::move(value));
  else
    at->second = std::move(value);
  return copy;
}

std::shared_ptr<const local_values>& running_locals() {
  if (!this_loop || !this_loop->current)
    throw boost::system::system_error(make_error_code(errc::wrong_loop),
                                      "bight: task_local: no task runs on this thread");
  return this_loop->current->need_extras().locals;
}

const local_values* running_locals_if_any() {
  if (!this_loop || !this_loop->current) return nullptr;
  const auto* const extras = this_loop->current->extras();
  return extras ? extras->locals.get() : nullptr;
}

void throw_no_local_value() {
  throw std::logic_error("bight: task_local::get: no value was set, and there is no default");
}

}  // namespace bight::detail
