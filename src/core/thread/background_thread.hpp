// Threads that do not receive signals.
#pragma once
#include <functional>
#include <thread>

namespace bight::detail {

/// Starts a thread with all signals blocked; `name` is truncated to 15 characters.
std::thread start_background_thread(const char* name, std::function<void()> body);

}  // namespace bight::detail
