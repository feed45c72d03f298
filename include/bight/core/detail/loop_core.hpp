// The part of a loop that inline code uses: ready list, budget, current task, timers.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/core/detail/scheduled.hpp>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

namespace bight {
class loop;
}

namespace bight::detail {

class loop_guest;
class joinable_task;
class task_base;
class task_owner;

/// A deadline in the timer heap of a loop. Stored in the waiting frame.
class timer_node {
 public:
  /// Called by the loop when the deadline has passed; the node is out of the heap by then.
  virtual void expired() noexcept = 0;
  bool armed() const noexcept { return heap_index_ != idle; }

 protected:
  timer_node() = default;
  timer_node(const timer_node&) noexcept {}
  timer_node& operator=(const timer_node&) noexcept { return *this; }
  ~timer_node() = default;

 private:
  friend class timer_heap;
  static constexpr std::size_t idle = static_cast<std::size_t>(-1);
  std::size_t heap_index_ = idle;
};

/// A 4-ary heap of deadlines, ordered by time and age.
class timer_heap {
 public:
  bool empty() const noexcept { return entries_.empty(); }
  std::size_t size() const noexcept { return entries_.size(); }
  /// The earliest deadline. Precondition: not empty.
  clock::time_point earliest() const noexcept { return entries_.front().deadline; }
  /// Adds `node`. Allocates when the heap is larger than ever before. Precondition: not armed.
  void add(timer_node& node, clock::time_point deadline) { add(node, deadline, take_age()); }
  /// The same with an age that was taken before: of equal deadlines, the one with the older age comes first.
  void add(timer_node& node, clock::time_point deadline, std::uint64_t age);
  std::uint64_t take_age() noexcept { return next_age_++; }
  /// Takes `node` out; nothing if it is not armed.
  void remove(timer_node& node) noexcept;
  /// Takes the earliest node out if its deadline is not after `now`; null otherwise.
  timer_node* pop_due(clock::time_point now) noexcept;

 private:
  struct entry {
    clock::time_point deadline;
    std::uint64_t age;
    timer_node* node;
    bool before(const entry& other) const noexcept {
      return deadline != other.deadline ? deadline < other.deadline : age < other.age;
    }
  };
  void place(std::size_t index, const entry& e) noexcept;
  void sift_up(std::size_t index, entry e) noexcept;
  void sift_down(std::size_t index, entry e) noexcept;
  void erase_at(std::size_t index) noexcept;

  std::vector<entry> entries_;
  std::uint64_t next_age_ = 0;
};

/// Observes all points at which a task can be cancelled, for tests.
class await_hook {
 public:
  /// `t` is about to yield, has started to wait, or has just been woken.
  virtual void at_await(task_base& t) noexcept = 0;

 protected:
  ~await_hook() = default;
};

/// The fields of a loop that inline code accesses; see loop.hpp.
struct loop_core {
  static constexpr int full_budget = 256;

  scheduled* ready_head = nullptr;
  scheduled** ready_tail = &ready_head;
  bool drain_posted = false;
  bool closing = false;  ///< The tasks are being destroyed where they wait.
  bool debug = false;    ///< See loop_options.
  /// Awaits that may go on without suspending before the running task must let others run.
  int budget = 0;
  /// What `budget` is set to when a task gets its turn: zero makes every await go through the ready list.
  int budget_per_turn = full_budget;
  task_base* current = nullptr;
  await_hook* hook = nullptr;
  /// The coroutine to resume next: the parent of one that has just ended.
  std::coroutine_handle<> next = nullptr;
  timer_heap timers;
  std::uint32_t tasks_made = 0;
  int eager_depth = 0;
  /// Operations in flight that real time must wait for: threads, descriptors.
  std::size_t external_work = 0;
  /// What an awaiter threw outside its coroutine, on the way there.
  std::exception_ptr retry_error;
  /// The last task that the cancellation in progress was forwarded to; null if none is in progress.
  joinable_task* newest_forwarded = nullptr;
  /// The time of virtual mode; null in real mode.
  const clock::time_point* virtual_now = nullptr;
  /// Of virtual mode: the date when the loop was made, and its time was zero.
  wall_clock::time_point virtual_beginning{};
  /// Of virtual mode: where the clock stops for a test that moves it, and how many hold it meanwhile
  /// (bight/testing/virtual_clock.hpp).
  timer_heap stops;
  int clock_holds = 0;
  /// See step_time().
  clock::time_point step_started{};
  /// The number of the current step. While it is the same, Asio has not looked at any descriptor.
  std::uint64_t step_number = 0;
  /// Objects to notify when the loop is destroyed.
  loop_guest* guests = nullptr;
  /// Groups and gathers that live now, the newest first.
  task_owner* owners = nullptr;
  loop* owner = nullptr;

  /// Appends to the ready list; the loop runs it after everything that is there already.
  void push(scheduled& item) noexcept {
    item.next_ready_ = nullptr;
    *ready_tail = &item;
    ready_tail = &item.next_ready_;
    if (!drain_posted) post_drain();
  }
  /// Takes the whole ready list.
  scheduled* take_ready() noexcept {
    ready_tail = &ready_head;
    return std::exchange(ready_head, nullptr);
  }
  static scheduled* after(const scheduled& item) noexcept { return item.next_ready_; }

  /// Runs `frame` as a step of `task`, and then every coroutine that this completes.
  void resume(std::coroutine_handle<> frame, task_base& task) noexcept {
    if (debug) [[unlikely]]
      resume_watched(frame, task);
    else
      resume_now(frame, task);
  }
  /// The same, and tells the log if it took long.
  void resume_watched(std::coroutine_handle<> frame, task_base& task) noexcept;
  void resume_now(std::coroutine_handle<> frame, task_base& task) noexcept {
    budget = budget_per_turn;
    current = &task;
    ++step_number;
    step_started = {};
    frame.resume();
    while (next) std::exchange(next, nullptr).resume();
    current = nullptr;
  }

  /// A time in the current step: the clock is read once per step. Good enough for limits of seconds.
  clock::time_point step_time() noexcept {
    if (step_started == clock::time_point{}) step_started = clock::now();
    return step_started;
  }

  void post_drain() noexcept;
};

/// The loop that runs on this thread, if any.
inline constinit thread_local loop_core* this_loop = nullptr;

}  // namespace bight::detail
