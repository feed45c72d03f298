// The reference: what facts of asyncio and the rules of bight (docs/from-asyncio.md) make of a program. A
// task is a stack of frames, a scope is one of them; events happen at times, in the order in which they were
// caused.
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <utility>

#include "support/random_program.hpp"

namespace bight::test {
namespace {

using std::chrono::nanoseconds;

struct outcome {
  enum { ok, error, cancelled } kind = ok;
  std::string text = "ok";
};
outcome failed(std::string text) { return {outcome::error, std::move(text)}; }
outcome cancelled() { return {outcome::cancelled, "cancelled"}; }

struct task;
struct group_state {
  task* parent = nullptr;
  std::vector<task*> members;
  std::size_t alive = 0;
  bool aborting = false;
  bool waits = false;  // the body has ended
  std::vector<std::string> errors;
};

struct frame {
  const program_node* node = nullptr;
  int at = 0;  // how far it has come
  // A scope: it may ask for a cancellation of what runs inside it, or hold back those from outside.
  bool scope = false;
  bool mask = false;
  bool requested = false;
  bool pending = false;
  int level = 0;  // requests from outside of it when it began
  std::shared_ptr<group_state> group = {};
  outcome kept = {};
};

enum class waits_for { nothing, time, lock, room, item, members };

struct task {
  int id = 0;
  std::shared_ptr<group_state> owner = {};
  std::vector<frame> stack = {};
  int outside = 0;  // requests from outside that were made
  bool outside_pending = false;
  int hidden = 0;  // of them, those that the innermost mask hides; see level()
  waits_for waiting = waits_for::nothing;
  std::size_t wait_number = 0;  // tells an old event from a new one
  bool ended = false;
};

class model {
 public:
  program_end run(const program_node& program) {
    auto& root = make_task(program, nullptr);
    at(nanoseconds{0}, [this, &root] { advance(root, std::nullopt); });
    while (!events_.empty()) {
      auto next = events_.top();
      events_.pop();
      now_ = next.when;
      next.what();
    }
    end_.stuck = !root.ended;
    for (const auto& l : locks_) end_.locked.push_back(l.taken);
    for (const auto& q : queues_) end_.queued.push_back(q.items);
    return std::move(end_);
  }

 private:
  struct event {
    nanoseconds when;
    std::size_t number;
    std::function<void()> what;
    bool operator<(const event& other) const {
      return when != other.when ? when > other.when : number > other.number;
    }
  };
  struct lock_state {
    bool taken = false;
    std::deque<task*> line;
  };
  struct queue_state {
    std::size_t items = 0;
    std::deque<task*> getters;
    std::deque<task*> putters;
  };

  void at(nanoseconds when, std::function<void()> what) {
    events_.push({when, ++events_made_, std::move(what)});
  }
  task& make_task(const program_node& body, std::shared_ptr<group_state> owner) {
    tasks_.push_back({.id = body.id, .owner = std::move(owner)});
    tasks_.back().stack.push_back({.node = &body});
    return tasks_.back();
  }

  // Cancellation.
  static bool due(const task& t);
  static void consume(task& t);
  static int level(const task& t);
  static int handled_level(const task& t);
  void request(task& t);
  void request(task& t, std::size_t scope);
  void strike(task& t);
  void abort(group_state& g);

  // Waiting.
  void wait(task& t, waits_for what) {
    t.waiting = what;
    ++t.wait_number;
  }
  void wake(task& t, outcome with) {
    t.waiting = waits_for::nothing;
    at(now_, [this, &t, with] { advance(t, with); });
  }
  void sleep(task& t, nanoseconds d) {
    wait(t, waits_for::time);
    at(now_ + d, [this, &t, number = t.wait_number] {
      if (t.waiting == waits_for::time && t.wait_number == number) {
        t.waiting = waits_for::nothing;
        advance(t, outcome{});
      }
    });
  }
  void leave_lines(task& t);
  void give_back(std::size_t lock);
  void feed(queue_state& q);

  // Running. A step returns what it ends with; nothing if it waits or has pushed another frame.
  void advance(task& t, std::optional<outcome> in);
  std::optional<outcome> step(task& t, const std::optional<outcome>& in);
  std::optional<outcome> step_caught(task& t, const std::optional<outcome>& in);
  std::optional<outcome> step_sequence(task& t, const std::optional<outcome>& in);
  std::optional<outcome> step_locked(task& t, const std::optional<outcome>& in);
  std::optional<outcome> step_queue(task& t, const std::optional<outcome>& in);
  std::optional<outcome> step_group(task& t, const std::optional<outcome>& in);
  std::optional<outcome> end_group(task& t);
  std::optional<outcome> step_timeout(task& t, const std::optional<outcome>& in);
  std::optional<outcome> step_clean_up(task& t, const std::optional<outcome>& in);
  void ended(task& t, const outcome& with);
  void push(task& t, const program_node& n) { t.stack.push_back({.node = &n}); }
  /// Begins an interruptible wait. False if a cancellation that is due strikes at once.
  bool may_wait(task& t) {
    if (!due(t)) return true;
    consume(t);
    return false;
  }

  nanoseconds now_{};
  std::size_t events_made_ = 0;
  std::priority_queue<event> events_;
  std::deque<task> tasks_;
  std::vector<lock_state> locks_ = std::vector<lock_state>(program_locks);
  std::vector<queue_state> queues_ = std::vector<queue_state>(program_queues);
  program_end end_;
};

// A mask holds back what scopes around it and the outside ask for.
bool model::due(const task& t) {
  for (auto f = t.stack.rbegin(); f != t.stack.rend(); ++f) {
    if (f->pending) return true;
    if (f->mask) return false;
  }
  return t.outside_pending;
}

void model::consume(task& t) {
  for (auto f = t.stack.rbegin(); f != t.stack.rend(); ++f) {
    f->pending = false;
    if (f->mask) return;
  }
  t.outside_pending = false;
}

// The requests that count inside the innermost mask; without one, all.
int model::level(const task& t) {
  int n = 0;
  for (auto f = t.stack.rbegin(); f != t.stack.rend(); ++f) {
    if (f->requested) ++n;
    if (f->mask) return n;
  }
  return n + t.outside;
}

// Without a request that is still due: it strikes inside the scope that begins.
int model::handled_level(const task& t) {
  const int all = level(t);
  return all != 0 && due(t) ? all - 1 : all;
}

void model::request(task& t) {
  if (t.ended) return;
  ++t.outside;
  t.outside_pending = true;
  strike(t);
}

void model::request(task& t, std::size_t scope) {
  t.stack[scope].requested = t.stack[scope].pending = true;
  strike(t);
}

void model::strike(task& t) {
  if (t.waiting == waits_for::nothing || !due(t)) return;
  if (t.waiting == waits_for::members) {  // goes on waiting, and the request stays
    abort(*t.stack.back().group);
    return;
  }
  leave_lines(t);
  consume(t);
  wake(t, cancelled());
}

void model::abort(group_state& g) {
  if (std::exchange(g.aborting, true)) return;
  for (auto* m : g.members) request(*m);
}

void model::leave_lines(task& t) {
  for (auto& l : locks_) std::erase(l.line, &t);
  for (auto& q : queues_) {
    std::erase(q.getters, &t);
    std::erase(q.putters, &t);
  }
}

void model::give_back(std::size_t lock) {
  auto& l = locks_[lock];
  l.taken = !l.line.empty();
  if (!l.taken) return;
  auto* const next = l.line.front();
  l.line.pop_front();
  wake(*next, outcome{});
}

// Items to getters, and room to putters, as long as there is something to do.
void model::feed(queue_state& q) {
  while (true) {
    if (q.items != 0 && !q.getters.empty()) {
      auto* const g = q.getters.front();
      q.getters.pop_front();
      --q.items;
      wake(*g, outcome{});
    } else if (q.items < queue_capacity && !q.putters.empty()) {
      auto* const p = q.putters.front();
      q.putters.pop_front();
      ++q.items;
      wake(*p, outcome{});
    } else {
      return;
    }
  }
}

void model::advance(task& t, std::optional<outcome> in) {
  while (true) {
    const auto depth = t.stack.size();
    auto out = step(t, in);
    if (!out && t.stack.size() == depth) {
      if (t.waiting != waits_for::nothing) return;
      in = cancelled();  // a wait that a request struck before it began
      continue;
    }
    in = std::nullopt;
    if (!out) continue;  // a new frame
    t.stack.pop_back();
    if (t.stack.empty()) return ended(t, *out);
    in = std::move(out);
  }
}

void model::ended(task& t, const outcome& with) {
  t.ended = true;
  end_.tasks[t.id] = task_end(with.text, now_);
  if (!t.owner) return;
  auto& g = *t.owner;
  --g.alive;
  if (with.kind == outcome::error) {
    g.errors.push_back(with.text);
    const bool first = !g.aborting;
    abort(g);
    if (first && !g.waits) {
      auto& stack = g.parent->stack;
      for (std::size_t i = 0; i != stack.size(); ++i)
        if (stack[i].group.get() == &g) return request(*g.parent, i);
    }
  }
  if (g.alive == 0 && g.waits && g.parent->waiting == waits_for::members) wake(*g.parent, outcome{});
}

std::optional<outcome> model::step(task& t, const std::optional<outcome>& in) {
  auto& f = t.stack.back();
  const auto& n = *f.node;
  switch (n.what) {
    case op::sequence:
      return step_sequence(t, in);
    case op::locked:
      return step_locked(t, in);
    case op::put:
    case op::get:
      return step_queue(t, in);
    case op::group:
      return step_group(t, in);
    case op::timeout:
    case op::move_on:
      return step_timeout(t, in);
    case op::clean_up:
    case op::uncancellable:
      return step_clean_up(t, in);
    case op::swallow:
    case op::fail_on_cancel:
      return step_caught(t, in);
    case op::sleep:
    case op::fail:
    case op::cancel:
      break;
  }
  if (f.at++ == 0) {
    if (may_wait(t)) sleep(t, n.d);
    return std::nullopt;
  }
  if (in->kind != outcome::ok || n.what == op::sleep || f.at == 3) return in;
  if (n.what == op::fail) return failed("error " + std::to_string(n.id));
  if (t.owner) request(*t.owner->members[n.target]);
  if (may_wait(t)) sleep(t, n.d);
  return std::nullopt;
}

std::optional<outcome> model::step_caught(task& t, const std::optional<outcome>& in) {
  auto& f = t.stack.back();
  const auto& n = *f.node;
  if (f.at++ == 0) {
    push(t, n.parts[0]);
    return std::nullopt;
  }
  if (f.at == 2 && n.what == op::swallow && in->kind == outcome::error) {
    if (may_wait(t)) sleep(t, n.d);
    return std::nullopt;
  }
  if (n.what == op::fail_on_cancel && in->kind == outcome::cancelled)
    return failed("error " + std::to_string(n.id));
  return in;
}

std::optional<outcome> model::step_sequence(task& t, const std::optional<outcome>& in) {
  auto& f = t.stack.back();
  if (in && in->kind != outcome::ok) return in;
  if (static_cast<std::size_t>(f.at) == f.node->parts.size()) return outcome{};
  push(t, f.node->parts[static_cast<std::size_t>(f.at++)]);
  return std::nullopt;
}

std::optional<outcome> model::step_locked(task& t, const std::optional<outcome>& in) {
  auto& f = t.stack.back();
  const auto& n = *f.node;
  auto& l = locks_[n.target];
  switch (f.at++) {
    case 0:
      if (may_wait(t)) sleep(t, n.d);
      return std::nullopt;
    case 1:
      if (in->kind != outcome::ok) return in;
      if (l.taken) {
        if (may_wait(t)) {
          l.line.push_back(&t);
          wait(t, waits_for::lock);
        }
        return std::nullopt;
      }
      l.taken = true;
      ++f.at;
      if (may_wait(t)) sleep(t, n.d);
      return std::nullopt;
    case 2:
      if (in->kind != outcome::ok) return in;
      if (may_wait(t)) sleep(t, n.d);
      return std::nullopt;
    case 3:
      if (in->kind == outcome::ok) {
        push(t, n.parts[0]);
        return std::nullopt;
      }
      [[fallthrough]];
    default:
      give_back(n.target);
      return in;
  }
}

std::optional<outcome> model::step_queue(task& t, const std::optional<outcome>& in) {
  auto& f = t.stack.back();
  const auto& n = *f.node;
  auto& q = queues_[n.target];
  switch (f.at++) {
    case 0:
      if (may_wait(t)) sleep(t, n.d);
      return std::nullopt;
    case 1: {
      if (in->kind != outcome::ok) return in;
      const bool put = n.what == op::put;
      const bool free = put ? q.items < queue_capacity : q.items != 0;
      if (!free) {
        if (may_wait(t)) {
          (put ? q.putters : q.getters).push_back(&t);
          wait(t, put ? waits_for::room : waits_for::item);
        }
        return std::nullopt;
      }
      q.items += put ? 1 : std::size_t{0} - 1;
      feed(q);
      ++f.at;
      if (may_wait(t)) sleep(t, n.d);
      return std::nullopt;
    }
    case 2:
      if (in->kind != outcome::ok) return in;
      if (may_wait(t)) sleep(t, n.d);
      return std::nullopt;
    default:
      return in;
  }
}

std::optional<outcome> model::step_group(task& t, const std::optional<outcome>& in) {
  auto& f = t.stack.back();
  const auto& n = *f.node;
  if (f.at == 0) {
    f.at = 1;
    if (may_wait(t)) sleep(t, n.d);
    return std::nullopt;
  }
  if (f.at == 1) {
    if (in->kind != outcome::ok) return in;
    f.at = 2;
    f.level = handled_level(t);
    f.scope = true;
    f.group = std::make_shared<group_state>();
    f.group->parent = &t;
    for (std::size_t i = 1; i != n.parts.size(); ++i) {
      auto& member = make_task(n.parts[i], f.group);
      f.group->members.push_back(&member);
      ++f.group->alive;
      at(now_, [this, &member] {
        if (due(member)) return ended(member, cancelled());  // its body is never entered
        advance(member, std::nullopt);
      });
    }
    push(t, n.parts[0]);
    return std::nullopt;
  }
  auto& g = *f.group;
  if (f.at == 2) {
    f.at = 3;
    f.kept = *in;
    g.waits = true;
    if (f.kept.kind != outcome::ok) abort(g);
    if (g.alive != 0) {
      wait(t, waits_for::members);
      if (due(t)) abort(g);
      return std::nullopt;
    }
  }
  return end_group(t);
}

std::optional<outcome> model::end_group(task& t) {
  auto& f = t.stack.back();
  auto& g = *f.group;
  const bool own = f.requested;
  f.requested = f.pending = false;
  const bool body_cancelled = f.kept.kind == outcome::cancelled;
  const bool left = level(t) > f.level;
  const bool outside = body_cancelled && (!own || left);
  if (f.kept.kind == outcome::error) g.errors.push_back(f.kept.text);
  if (!g.errors.empty()) {
    if (left) {  // what struck in here came out as these errors: the next wait throws
      for (auto& s : t.stack) s.pending = s.pending || s.requested;
      t.outside_pending = t.outside_pending || t.outside != 0;
    }
    return failed(group_text(g.errors));
  }
  if (outside) {
    if (due(t)) consume(t);
    return f.kept;
  }
  if (due(t)) {
    consume(t);
    return cancelled();
  }
  return outcome{};
}

std::optional<outcome> model::step_timeout(task& t, const std::optional<outcome>& in) {
  const auto index = t.stack.size() - 1;
  auto& f = t.stack.back();
  if (f.at++ == 0) {
    f.scope = true;
    f.level = handled_level(t);
    const auto* const node = f.node;
    at(now_ + f.node->d, [this, &t, index, node] {
      const bool there = index < t.stack.size() && t.stack[index].node == node;
      if (there) request(t, index);
    });
    push(t, f.node->parts[0]);
    return std::nullopt;
  }
  const bool expired = f.requested;
  f.requested = f.pending = false;
  if (in->kind != outcome::cancelled || !expired || level(t) > f.level) return in;
  return f.node->what == op::move_on ? outcome{} : failed("timeout");
}

std::optional<outcome> model::step_clean_up(task& t, const std::optional<outcome>& in) {
  auto& f = t.stack.back();
  const auto& n = *f.node;
  if (f.at++ == 0) {
    f.mask = n.what == op::uncancellable;
    push(t, n.parts[0]);
    return std::nullopt;
  }
  f.mask = false;
  if (f.at == 3) return n.what == op::clean_up ? f.kept : *in;
  if (n.what == op::uncancellable && in->kind == outcome::ok) {
    if (may_wait(t)) sleep(t, n.d);
    return std::nullopt;
  }
  if (n.what == op::uncancellable || in->kind != outcome::cancelled) return in;
  f.kept = *in;
  f.mask = true;
  sleep(t, n.d);
  return std::nullopt;
}

}  // namespace

program_end predict(const program_node& program) { return model{}.run(program); }

}  // namespace bight::test
