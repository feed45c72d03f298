#include <bight/core/introspect.hpp>

#include <fmt/format.h>
#include <algorithm>
#include <bight/core/detail/done_callback.hpp>
#include <bight/core/detail/promise.hpp>
#include <iterator>
#include <source_location>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/detail/introspect.hpp"
#include "core/detail/loop_impl.hpp"

namespace bight {
namespace detail {
namespace {

// GCC calls a coroutine "void f(f(int)::_Z1fi.Frame*)": what stands before the "::_Z" is what was written.
std::string_view function_of(const std::source_location& where) noexcept {
  std::string_view text = where.function_name();
  const auto end = text.find("::_Z");
  if (end == text.npos || !text.ends_with(".Frame*)")) return text;
  text = text.substr(0, end);
  return text.substr(std::min(text.find('(') + 1, text.size()));
}

std::string place(const std::source_location& where) {
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

  std::string text() const {
    std::string out;
    if (const auto circle = find_circle(); !circle.empty()) {
      out += "\n  in a circle:";
      for (const auto* t : circle) out += fmt::format(" {} waits for", name_of(*t));
      out += ' ' + name_of(*circle.front());
    }
    for (const auto* t = loop_->children().front(); t; t = t->next_sibling) write(out, *t, 2);
    return out;
  }

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
  std::vector<const task_base*> find_circle() const;
  void write(std::string& out, const task_base& t, std::size_t indent) const;
  std::string state_of(const task_base& t) const;

  const loop_impl* loop_;
  std::unordered_set<const task_base*> all_;
  std::unordered_map<const task_base*, std::vector<const task_owner*>> owners_;
};

// Depth first, without recursion: chains of tasks may be of any length.
std::vector<const task_base*> task_map::find_circle() const {
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
        std::vector<const task_base*> circle;
        const auto from =
            std::find_if(path.begin(), path.end(), [&](const step& s) { return s.task == next; });
        std::transform(from, path.end(), std::back_inserter(circle), [](const step& s) { return s.task; });
        return circle;
      }
      if (done.contains(next)) continue;
      on_path.insert(next);
      path.push_back({next, needs(*next)});
    }
  }
  return {};
}

std::string task_map::state_of(const task_base& t) const {
  if (&t == loop_->current) return "is running";
  if (!t.waiting()) return t.leaf() ? "is ready" : "has not started";
  std::string text = fmt::format("waits for {}", t.waiting()->waiting_for());
  if (const auto* const other = waits_on(t)) text += fmt::format(" ({})", name_of(*other));
  return text;
}

void task_map::write(std::string& out, const task_base& t, std::size_t indent) const {
  out += fmt::format("\n{:{}}{} {}", "", indent, name_of(t), state_of(t));
  if (t.extras() && t.extras()->spawned_at.line() != 0)
    out += fmt::format(", spawned at {}", place(t.extras()->spawned_at));
  if (t.cancelling() != 0) out += fmt::format(", cancelled {} times", t.cancelling());
  const char* word = "at";
  // What a task that runs reached last may be gone by now.
  for (const auto* p = &t == loop_->current ? nullptr : t.leaf(); p; p = p->parent()) {
    out += fmt::format("\n{:{}}{} {} ({})", "", indent + 2, std::exchange(word, "in"), function_of(p->site()),
                       place(p->site()));
  }
  const auto own = owners_.find(&t);
  if (own == owners_.end()) return;
  for (const auto* o : own->second) {
    if (o->children().empty()) continue;
    out += fmt::format("\n{:{}}{}:", "", indent + 2, o->kind());
    for (const auto* c = o->children().front(); c; c = c->next_sibling) write(out, *c, indent + 4);
  }
}

}  // namespace

std::string describe_tasks(const loop_impl& loop) { return task_map{loop}.text(); }

}  // namespace detail

std::string dump_tasks() {
  auto text = detail::describe_tasks(static_cast<const detail::loop_impl&>(detail::require_loop()));
  if (!text.empty()) text.erase(0, 1);  // the line break
  return text;
}

}  // namespace bight
