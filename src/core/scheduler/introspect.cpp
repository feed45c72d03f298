#include <bight/core/introspect.hpp>

#include <fmt/format.h>
#include <algorithm>
#include <bight/core/any_task.hpp>
#include <bight/core/detail/done_callback.hpp>
#include <bight/core/detail/promise.hpp>
#include <bight/core/error.hpp>
#include <iterator>
#include <source_location>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/scheduler/introspect.hpp"
#include "core/scheduler/loop_impl.hpp"

namespace bight {
namespace detail {
namespace {

// GCC calls a coroutine "void f(f(int)::_Z1fi.Frame*)": what was written stands in the last parentheses,
// before the "::_Z". Names of lambdas and templates have parentheses of their own.
std::string_view function_of(const std::source_location& where) noexcept {
  const std::string_view text = where.function_name();
  const auto end = text.rfind("::_Z");
  if (end == text.npos || !text.ends_with(".Frame*)")) return text;
  std::size_t depth = 0;
  auto begin = text.size();
  do {
    --begin;
    if (text[begin] == ')') ++depth;
    if (text[begin] == '(') --depth;
  } while (depth != 0 && begin != 0);
  return text.substr(begin + 1, end - begin - 1);
}

bool older(const task_base* a, const task_base* b) noexcept { return a->number() < b->number(); }

std::string line_of(const std::source_location& where) {
  const std::string_view file = where.file_name();
  return fmt::format("{}:{}", file.substr(file.rfind('/') + 1), where.line());
}

// All tasks of a loop, and what they wait for.
class task_map {
 public:
  explicit task_map(const loop_impl& loop) : loop_(&loop) {
    add(loop);
    for (const auto* o = loop.owners; o; o = o->next_owner()) {
      add(*o);
      owners_[o->parent()].push_back(o);
    }
  }

  /// Of all tasks, or of one of them.
  std::string tree(const task_base* root = nullptr) const;
  std::string awaited_by() const;
  std::string dot() const;
  std::string cycle() const;

 private:
  void add(const task_owner& owner) {
    for (const auto* t = owner.children().front(); t; t = t->next_sibling) all_.insert(t);
  }
  // The task whose end, or release, it waits for; null if that is unknown or gone.
  const task_base* waits_on(const task_base& t) const noexcept {
    const auto* const other = t.waiting() ? t.waiting()->waits_on() : nullptr;
    return other && all_.contains(other) ? other : nullptr;
  }
  std::vector<const task_base*> needs(const task_base& t) const {
    if (const auto* const other = waits_on(t)) return {other};
    std::vector<const task_base*> children;
    const auto own = owners_.find(&t);
    if (own == owners_.end() || !t.waiting() || !t.waiting()->waits_for_children()) return children;
    for (const auto* o : own->second)
      for (const auto* c = o->children().front(); c; c = c->next_sibling) children.push_back(c);
    return children;
  }
  std::vector<const task_base*> find_cycle() const;
  struct edge {
    const task_base* from;
    const task_base* to;
    std::string_view by;
  };
  std::vector<const task_base*> by_age() const;
  std::vector<edge> edges() const;
  void write_head(std::string& out, const task_base& t, int indent) const;
  std::string state_of(const task_base& t) const;

  const loop_impl* loop_;
  std::unordered_set<const task_base*> all_;
  std::unordered_map<const task_base*, std::vector<const task_owner*>> owners_;
};

// Depth first, without recursion: chains of tasks may be of any length.
std::vector<const task_base*> task_map::find_cycle() const {
  struct step {
    const task_base* task;
    std::vector<const task_base*> left;
  };
  std::unordered_set<const task_base*> done;
  std::unordered_set<const task_base*> on_path;
  std::vector<step> path;
  for (const auto* start : all_) {
    if (!done.contains(start)) {
      path.push_back({start, needs(*start)});
      on_path.insert(start);
    }
    while (!path.empty()) {
      auto& last = path.back();
      if (last.left.empty()) {
        done.insert(last.task);
        on_path.erase(last.task);
        path.pop_back();
        continue;
      }
      const auto* const next = last.left.back();
      last.left.pop_back();
      if (on_path.contains(next)) {
        std::vector<const task_base*> cycle;
        const auto from =
            std::find_if(path.begin(), path.end(), [&](const step& s) { return s.task == next; });
        std::transform(from, path.end(), std::back_inserter(cycle), [](const step& s) { return s.task; });
        return cycle;
      }
      if (done.contains(next)) continue;
      on_path.insert(next);
      path.push_back({next, needs(*next)});
    }
  }
  return {};
}

std::string task_map::cycle() const {
  std::string out;
  auto tasks = find_cycle();
  if (tasks.empty()) return out;
  // The same text whichever of them was met first.
  std::rotate(tasks.begin(), std::min_element(tasks.begin(), tasks.end(), older), tasks.end());
  out = "\n  in a cycle:";
  for (const auto* t : tasks) out += fmt::format(" {} waits for", name_of(*t));
  return out + ' ' + name_of(*tasks.front());
}

std::vector<const task_base*> task_map::by_age() const {
  std::vector<const task_base*> tasks(all_.begin(), all_.end());
  std::sort(tasks.begin(), tasks.end(), older);
  return tasks;
}

std::vector<task_map::edge> task_map::edges() const {
  std::vector<edge> found;
  for (const auto* t : by_age()) {
    if (const auto* const other = waits_on(*t)) found.push_back({t, other, t->waiting()->waiting_for()});
    const auto own = owners_.find(t);
    if (own == owners_.end()) continue;
    for (const auto* o : own->second)
      for (const auto* c = o->children().front(); c; c = c->next_sibling) found.push_back({t, c, o->kind()});
  }
  return found;
}

std::string task_map::awaited_by() const {
  std::unordered_map<const task_base*, std::string> who;
  for (const auto& e : edges()) {
    auto& lines = who[e.to];
    lines += fmt::format("\n    awaited by {} ({})", name_of(*e.from), e.by);
    if (e.from != loop_->current && e.from->leaf()) lines += " at " + place_of(e.from->leaf()->site());
  }
  std::string out = cycle();
  for (const auto* t : by_age()) {
    write_head(out, *t, 2);
    out += who[t];
  }
  return out;
}

std::string task_map::dot() const {
  const auto quoted = [](std::string_view text) {
    std::string q{'"'};
    for (const char c : text) {
      if (c == '"' || c == '\\') q += '\\';
      q += c;
    }
    return q + '"';
  };
  std::string out = "\ndigraph tasks {\n  rankdir=LR; node [shape=box];";
  for (const auto* t : by_age())
    out += fmt::format("\n  t{} [label={}];", t->number(), quoted(name_of(*t) + ' ' + state_of(*t)));
  for (const auto& e : edges())
    out += fmt::format("\n  t{} -> t{} [label={}];", e.from->number(), e.to->number(), quoted(e.by));
  return out + "\n}";
}

std::string task_map::state_of(const task_base& t) const {
  if (&t == loop_->current) return "is running";
  if (!t.waiting()) return t.leaf() ? "is ready" : "has not started";
  std::string text = fmt::format("waits for {}", t.waiting()->waiting_for());
  if (const auto* const other = waits_on(t)) text += fmt::format(" ({})", name_of(*other));
  return text;
}

void task_map::write_head(std::string& out, const task_base& t, int indent) const {
  out += fmt::format("\n{:{}}{} {}", "", indent, name_of(t), state_of(t));
  if (const auto where = spawned_at(t); !where.empty()) out += ", " + where;
  if (t.cancelling() != 0) out += fmt::format(", cancelled {} times", t.cancelling());
  // What a task that runs reached last may be gone by now.
  if (&t != loop_->current) describe_awaits(out, t.leaf(), "at", indent + 2);
}

// Without recursion, and with a limit to the indentation: groups may nest as deep as memory goes.
std::string task_map::tree(const task_base* root) const {
  constexpr int deepest = 30;
  struct line {  // of one of the two
    const task_base* task;
    const task_owner* owner;
    int level;
  };
  std::string out = root ? std::string{} : cycle();
  std::vector<line> left;  // the next one last
  const auto push_children = [&](const task_owner& o, int level) {
    for (const auto* t = o.children().back(); t; t = t->previous_sibling) left.push_back({t, nullptr, level});
  };
  if (root)
    left.push_back({root, nullptr, 0});
  else
    push_children(*loop_, 0);
  while (!left.empty()) {
    const line next = left.back();
    left.pop_back();
    const int indent = 2 + 4 * std::min(next.level, deepest);
    if (next.owner) {
      out += fmt::format("\n{:{}}{}:", "", indent - 2, next.owner->kind());
      if (next.level > deepest) out += fmt::format(" (level {})", next.level);
      push_children(*next.owner, next.level);
      continue;
    }
    write_head(out, *next.task, indent);
    const auto own = owners_.find(next.task);
    if (own == owners_.end()) continue;
    for (auto o = own->second.rbegin(); o != own->second.rend(); ++o)
      if (!(*o)->children().empty()) left.push_back({nullptr, *o, next.level + 1});
  }
  return out;
}

}  // namespace

std::string spawned_at(const task_base& t) {
  return t.spawned_at().line() != 0 ? "spawned at " + line_of(t.spawned_at()) : std::string{};
}

std::string place_of(const std::source_location& where) {
  return fmt::format("{} ({})", function_of(where), line_of(where));
}

void describe_awaits(std::string& out, const promise_base* innermost, const char* word, int indent) {
  for (const auto* p = innermost; p; p = p->parent())
    out += fmt::format("\n{:{}}{} {}", "", indent, std::exchange(word, "in"), place_of(p->site()));
}

std::string describe_cycle(const loop_impl& loop) { return task_map{loop}.cycle(); }

std::string describe_tasks(const loop_impl& loop, dump_format format) {
  const task_map map{loop};
  if (format == dump_format::awaited_by) return map.awaited_by();
  return format == dump_format::dot ? map.dot() : map.tree();
}

}  // namespace detail

std::string dump_tasks(dump_format format) {
  auto text = detail::describe_tasks(static_cast<const detail::loop_impl&>(detail::require_loop()), format);
  if (!text.empty()) text.erase(0, 1);  // the line break
  return text;
}

std::string dump_tasks(const any_task& root) {
  const auto& loop = static_cast<const detail::loop_impl&>(detail::require_loop());
  if (root.done()) return {};
  const auto& task = detail::task_access::core(root);
  if (&task.loop() != &loop)
    throw boost::system::system_error(make_error_code(errc::wrong_loop), "bight: dump_tasks");
  return detail::task_map{loop}.tree(&task).substr(1);  // without the line break
}

}  // namespace bight
