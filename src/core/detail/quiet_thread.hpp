// Threads that leave signals to those that run loops in the foreground.
#pragma once
#include <functional>
#include <thread>

namespace bight::detail {

/// Starts a thread with all signals blocked; the system shows `name`, at most 15 characters of it.
std::thread start_quiet_thread(const char* name, std::function<void()> body);

}  // namespace bight::detail
