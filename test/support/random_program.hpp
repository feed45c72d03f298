// Random programs made of tasks, scopes, locks and queues, and what becomes of them by asyncio's rules.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bight::test {

/// What a node of a program does. `d` is its duration. Every action happens after a sleep of its own, so that
/// no two things happen at the same time unless one is the cause of the other; and what could leave a
/// cancellation pending is followed by a sleep, so that it strikes there whatever the order of ready tasks.
enum class op {
  sleep,           // sleeps for d
  sequence,        // runs its parts one after the other
  fail,            // sleeps, then throws
  locked,          // sleeps, takes lock `target`, sleeps, runs its part, gives it back
  put,             // sleeps, puts an item into queue `target`, waiting for room, sleeps
  get,             // sleeps, takes one, waiting for it, sleeps
  group,           // sleeps, then a task group: the first part is its body, the others are its members
  timeout,         // runs its part for d at most, or throws timeout_error
  move_on,         // the same, and goes on
  swallow,         // runs its part; if that throws an error, sleeps and goes on
  fail_on_cancel,  // runs its part, and turns a cancellation into an error
  clean_up,        // runs its part; a cancellation goes on after a sleep that cannot be cancelled
  uncancellable,   // runs its part to its end, then sleeps
  cancel,          // sleeps, cancels member `target` of the group that its task is a member of, sleeps
};

struct program_node {
  op what = op::sleep;
  std::chrono::nanoseconds d{};
  std::size_t target = 0;
  int id = 0;
  std::vector<program_node> parts;
};

constexpr std::size_t program_locks = 3;
constexpr std::size_t program_queues = 2;
constexpr std::size_t queue_capacity = 1;

/// The same for the same seed.
program_node make_program(std::uint64_t seed);
/// As an indented list.
std::string to_text(const program_node& program);

/// How everything ended.
struct program_end {
  /// Of the program (id 0) and of every member of a group: "ok", "cancelled" or its error, and when.
  std::map<int, std::string> tasks;
  std::vector<bool> locked;
  std::vector<std::size_t> queued;
  /// It never ends: a task waits inside `uncancellable` for what nobody brings.
  bool stuck = false;
  friend bool operator==(const program_end&, const program_end&) = default;
};
std::string to_text(const program_end& end);
std::string task_end(const std::string& outcome, std::chrono::nanoseconds when);
/// An exception group as text: its errors in the order of the alphabet.
std::string group_text(std::vector<std::string> errors);

/// What must become of it: a model of the rules, in which there are no coroutines.
program_end predict(const program_node& program);

}  // namespace bight::test
