// Descriptions of the tasks of a loop.
#pragma once
#include <bight/core/introspect.hpp>
#include <source_location>
#include <string>

namespace bight::detail {

class loop_impl;
class promise_base;
class task_base;

/// "void fetch(url) (fetch.cpp:20)"; without the line if it is unknown.
std::string place_of(const std::source_location& where);
/// "spawned at crawl.cpp:7"; empty if unknown.
std::string spawned_at(const task_base& t);
/// Appends the awaits from `innermost` outwards, each on a new line with `indent` spaces: the innermost after
/// `word`, the others after "in".
void describe_awaits(std::string& out, const promise_base* innermost, const char* word, int indent);

/// " in a cycle: a waits for b waits for a", with a line break before it; empty if there is none.
std::string describe_cycle(const loop_impl& loop);
/// Like dump_tasks; each line begins with a line break.
std::string describe_tasks(const loop_impl& loop, dump_format format = dump_format::tree);

/// Whether an operation that is dropped without having been awaited is reported: in debug mode, in a task,
/// and not while a cancellation or an error is being propagated.
bool dropping_is_a_mistake() noexcept;

}  // namespace bight::detail
