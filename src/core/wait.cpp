#include <bight/core/wait.hpp>

#include <bight/core/detail/task_extras.hpp>
#include <bight/core/event.hpp>
#include <bight/core/timeout.hpp>
#include <memory>
#include <stdexcept>

namespace bight {
namespace {

// Counts the ends of tasks, and knows when they are enough.
class end_counter {
 public:
  end_counter(const std::vector<any_task>& tasks, return_when when)
      : listeners_(std::make_unique<listener[]>(tasks.size())), when_(when), running_(tasks.size()) {
    for (std::size_t i = 0; i != tasks.size(); ++i) {
      auto& t = detail::task_access::core(tasks[i]);
      listeners_[i].counter = this;
      if (t.finished())
        note(t);
      else
        listeners_[i].listen(t);
    }
  }
  event& enough() noexcept { return enough_; }

 private:
  struct listener final : detail::end_listener {
    void task_ended(detail::joinable_task& t) noexcept override { counter->note(t); }
    end_counter* counter = nullptr;
  };

  void note(const detail::joinable_task& t) noexcept {
    --running_;
    const bool failed = t.error() && !t.cancelled();
    if (running_ == 0 || when_ == return_when::first_completed ||
        (failed && when_ == return_when::first_exception))
      enough_.set();
  }

  std::unique_ptr<listener[]> listeners_;
  return_when when_;
  std::size_t running_;
  event enough_;
};

}  // namespace

awaitable<void> detail::wait_for_tasks(std::vector<any_task> tasks, return_when when, clock::duration limit) {
  if (tasks.empty()) throw std::invalid_argument("bight: wait: no tasks to wait for");
  end_counter counter{tasks, when};
  const auto until_enough = [&]() -> awaitable<void> { co_await counter.enough().wait(); };
  co_await move_on_after(limit, until_enough);
}

awaitable<wait_result<any_task>> wait(std::vector<any_task> tasks, return_when when, clock::duration limit) {
  co_await detail::wait_for_tasks(tasks, when, limit);
  wait_result<any_task> result;
  for (auto& t : tasks) (t.done() ? result.done : result.pending).push_back(std::move(t));
  co_return result;
}

}  // namespace bight
