// The library's log on stderr.
#pragma once
#include <string>

/// Prints what the library logs as "PROGRAM: LEVEL: MESSAGE".
void log_to_stderr(const std::string& program);
