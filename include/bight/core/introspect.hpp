// dump_tasks: all tasks and what they wait for.
#pragma once
#include <cstdint>
#include <string>

namespace bight {

class any_task;

/// The format of dump_tasks.
enum class dump_format : std::uint8_t {
  tree,        ///< A tree of the tasks of the loop, their groups and members.
  awaited_by,  ///< A list of tasks, each with the tasks that wait for it or for a lock that it holds.
  dot,         ///< A Graphviz graph, for `dot -Tsvg`; arrows point to what a task waits for.
};

/// Returns all tasks of the running loop as a tree: name, state, what each waits for, where it was spawned
/// (if known), its chain of awaits from the innermost outwards, and its groups and gathers with their
/// children. If tasks wait for each other in a cycle, the first line names it.
///
///     | task-1 waits for task_group
///     |   at main_program() (app.cpp:31)
///     |   task_group:
///     |     fetcher waits for queue::get, spawned at app.cpp:12
///     |       at fetch(url) (fetch.cpp:20)
///     |       in worker() (app.cpp:17)
///
/// `run` logs it as a warning on SIGUSR1, and every 10 s while tasks ignore the shutdown; deadlock_error
/// contains it. Takes no locks and resumes nothing. The calling task is shown as "running", without its own
/// awaits. Errors: errc::wrong_loop without a running loop. Complexity: linear in the number of tasks and
/// frames.
///
/// The same program as dump_format::awaited_by:
///
///     | task-1 waits for task_group
///     |   at main_program() (app.cpp:31)
///     | fetcher waits for queue::get, spawned at app.cpp:12
///     |   at fetch(url) (fetch.cpp:20)
///     |   in worker() (app.cpp:17)
///     |   awaited by task-1 (task_group) at main_program() (app.cpp:31)
std::string dump_tasks(dump_format format = dump_format::tree);

/// Returns the tree of one task and of the members of its groups and gathers. Empty if it has completed.
/// Errors: errc::wrong_loop without a running loop, or if the task belongs to another one.
std::string dump_tasks(const any_task& root);

}  // namespace bight
