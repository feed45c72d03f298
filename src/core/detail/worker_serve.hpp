// The side of a worker: functions by name, and the calls of them.
#pragma once
#include <bight/core/process_pool.hpp>
#include <string_view>

namespace bight::detail {

/// The function of that name; null if there is none.
const process_function* find_function(std::string_view name) noexcept;

/// True in a process that was started as a worker and does not serve yet.
bool is_unserved_worker() noexcept;

/// Answers calls until the pool goes away, and ends the process.
[[noreturn]] void serve_calls();

}  // namespace bight::detail
