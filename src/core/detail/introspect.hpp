// The tasks of a loop as text, for reports.
#pragma once
#include <bight/core/introspect.hpp>
#include <source_location>
#include <string>

namespace bight::detail {

class loop_impl;
class promise_base;
class task_base;

/// "void fetch(url) (fetch.cpp:20)"; without a line if that is unknown.
std::string place_of(const std::source_location& where);
/// "spawned at crawl.cpp:7"; empty if that is not known.
std::string spawned_at(const task_base& t);
/// The awaits from `innermost` outwards, each on a line of its own, after a line break and `indent` spaces:
/// `word` and the place of the innermost, then "in" and the others.
void describe_awaits(std::string& out, const promise_base* innermost, const char* word, int indent);

/// " in a circle: a waits for b waits for a", with a line break before it; empty if there is none.
std::string describe_circle(const loop_impl& loop);
/// As dump_tasks, each line with a line break before it.
std::string describe_tasks(const loop_impl& loop, dump_format format = dump_format::tree);

/// True if what is dropped now without having been awaited is to be reported: in debug mode, in a task, and
/// not while a cancellation or an error unwinds what was prepared.
bool dropping_is_a_mistake() noexcept;

}  // namespace bight::detail
