// log, set_log_handler: the library's own messages.
#pragma once
#include <cstdint>
#include <functional>
#include <string_view>

namespace bight {

enum class log_level : std::uint8_t { debug, info, warning, error };

/// Receives every message of the library. Must not throw; may be called from any thread.
using log_handler = std::function<void(log_level level, std::string_view message)>;

/// Replaces the log handler for all loops; an empty handler restores the default, which prints warnings and
/// errors to stderr. Returns the previous handler. Thread-safe.
log_handler set_log_handler(log_handler handler);

/// Passes a message to the log handler. Thread-safe.
void log(log_level level, std::string_view message) noexcept;

}  // namespace bight
