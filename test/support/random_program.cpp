#include "support/random_program.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <random>

namespace bight::test {
namespace {

constexpr std::array names{
    "sleep",   "sequence", "fail",    "locked",         "put",      "get",           "group",
    "timeout", "move_on",  "swallow", "fail_on_cancel", "clean_up", "uncancellable", "cancel"};

class maker {
 public:
  explicit maker(std::uint64_t seed) : random_(seed) {}

  program_node make() {
    program_node root{op::timeout, std::chrono::hours{24 * 365}, 0, 0, {}};
    root.parts.push_back(node(0, 0));
    return root;
  }

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  // Of a range so large that two sums of such durations are never the same.
  std::chrono::nanoseconds duration() {
    constexpr std::uint64_t ten_days = 864'000'000'000'000;
    return std::chrono::nanoseconds{static_cast<std::int64_t>(1 + random_() % ten_days)};
  }
  op pick(int depth) {
    constexpr std::array leaves{op::sleep, op::sleep, op::fail, op::put, op::get, op::cancel};
    constexpr std::array all{op::sleep,   op::sequence,     op::sequence, op::locked,         op::put,
                             op::get,     op::group,        op::group,    op::group,          op::timeout,
                             op::move_on, op::swallow,      op::cancel,   op::fail_on_cancel, op::clean_up,
                             op::fail,    op::uncancellable};
    constexpr int deepest = 6;
    constexpr int largest = 60;
    return depth >= deepest || next_id_ > largest ? leaves[below(leaves.size())] : all[below(all.size())];
  }
  program_node node(int depth, std::size_t members) {
    program_node n{pick(depth), duration(), 0, next_id_++, {}};
    std::size_t parts = 0;
    switch (n.what) {
      case op::sleep:
      case op::fail:
        break;
      case op::put:
      case op::get:
        n.target = below(program_queues);
        break;
      case op::cancel:
        n.target = members == 0 ? 0 : below(members);
        break;
      case op::locked:
        n.target = below(program_locks);
        parts = 1;
        break;
      case op::sequence:
        parts = 2 + below(3);
        break;
      case op::group:
        parts = 1 + below(5);
        break;
      default:
        parts = 1;
    }
    for (std::size_t i = 0; i != parts; ++i)
      n.parts.push_back(node(depth + 1, n.what == op::group && i != 0 ? parts - 1 : members));
    return n;
  }

  std::mt19937_64 random_;
  int next_id_ = 1;
};

void write(std::string& out, const program_node& n, std::size_t indent) {
  out += fmt::format("{:{}}{} {} d={} target={}\n", "", indent, n.id, names[static_cast<std::size_t>(n.what)],
                     n.d.count(), n.target);
  for (const auto& p : n.parts) write(out, p, indent + 2);
}

}  // namespace

program_node make_program(std::uint64_t seed) { return maker{seed}.make(); }

std::string to_text(const program_node& program) {
  std::string out;
  write(out, program, 0);
  return out;
}

std::string to_text(const program_end& end) {
  std::string out;
  if (end.stuck) out += "  stuck\n";
  for (const auto& [id, text] : end.tasks) out += fmt::format("  task {}: {}\n", id, text);
  for (std::size_t i = 0; i != end.locked.size(); ++i)
    if (end.locked[i]) out += fmt::format("  lock {} is locked\n", i);
  for (std::size_t i = 0; i != end.queued.size(); ++i)
    out += fmt::format("  queue {}: {}\n", i, end.queued[i]);
  return out;
}

std::string task_end(const std::string& outcome, std::chrono::nanoseconds when) {
  return fmt::format("{} at {}", outcome, when.count());
}

std::string group_text(std::vector<std::string> errors) {
  std::sort(errors.begin(), errors.end());
  return fmt::format("group({})", fmt::join(errors, ", "));
}

}  // namespace bight::test
