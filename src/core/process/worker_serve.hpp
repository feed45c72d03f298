// The worker's side of a process pool: registered functions and the calls.
#pragma once
#include <bight/core/process_pool.hpp>
#include <string_view>

namespace bight::detail {

/// The function of that name; null if there is none.
const process_function* find_function(std::string_view name) noexcept;

/// Whether this process was started as a worker and does not serve calls yet.
bool is_unserved_worker() noexcept;

/// Serves calls until the pool closes the channel, then exits.
[[noreturn]] void serve_calls();

}  // namespace bight::detail
