// Durations on command lines.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// "250ms", "1.5s", "2m", "1h", "0".
std::optional<std::chrono::nanoseconds> read_duration(std::string_view text);
/// What is wrong with it; empty if nothing is.
std::string check_duration(const std::string& text);
