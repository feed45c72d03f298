// The tasks of a loop as text, for reports.
#pragma once
#include <string>

namespace bight::detail {

class loop_impl;

/// As dump_tasks, each line with a line break before it.
std::string describe_tasks(const loop_impl& loop);

}  // namespace bight::detail
