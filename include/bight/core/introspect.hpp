// dump_tasks: who waits for what, and where.
#pragma once
#include <cstdint>
#include <string>

namespace bight {

/// How dump_tasks shows who waits for whom.
enum class dump_format : std::uint8_t {
  tree,        ///< From the tasks that nobody started downwards, as below.
  awaited_by,  ///< One task after the other, each with those that wait for its end or for a lock that it
               ///< holds.
  dot,         ///< A graph for Graphviz: `dot -Tsvg`. An arrow goes from who waits to what it waits for.
};

/// Every task of the running loop as a tree: name, state, what it waits for, where it was spawned (if `named`
/// told), its chain of awaits from the innermost outwards, and below it the groups and gathers that it is in,
/// with their children. Tasks that wait for each other in a circle are named in the first line.
///
///     | task-1 waits for task_group
///     |   at main_program() (app.cpp:31)
///     |   task_group:
///     |     fetcher waits for queue::get, spawned at app.cpp:12
///     |       at fetch(url) (fetch.cpp:20)
///     |       in worker() (app.cpp:17)
///
/// `run` logs it on SIGUSR1, as a warning, and every 10 s while tasks ignore the end of the program;
/// deadlock_error carries it. Takes no lock and resumes nothing. The task that asks is "running", and its own
/// awaits are not shown. Throws errc::wrong_loop where no loop runs. Complexity: linear in tasks and frames.
///
/// As dump_format::awaited_by the same program gives:
///
///     | task-1 waits for task_group
///     |   at main_program() (app.cpp:31)
///     | fetcher waits for queue::get, spawned at app.cpp:12
///     |   at fetch(url) (fetch.cpp:20)
///     |   in worker() (app.cpp:17)
///     |   awaited by task-1 (task_group) at main_program() (app.cpp:31)
std::string dump_tasks(dump_format format = dump_format::tree);

}  // namespace bight
