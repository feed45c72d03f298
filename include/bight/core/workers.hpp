// workers: tasks that empty a queue.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/crew.hpp>
#include <bight/core/detail/traits.hpp>
#include <cstddef>
#include <functional>
#include <utility>

namespace bight {

namespace detail {

template <class Queue>
using queue_item_t =
    std::remove_cvref_t<decltype(*std::declval<await_result_t<decltype(std::declval<Queue&>().get())>&>())>;

template <class Queue, class F>
class queue_crew final : public crew {
 public:
  queue_crew(task_base& parent, std::size_t n, Queue& q, F&& f)
      : crew(parent, n), queue_(&q), f_(std::move(f)) {}

  awaitable<void> work() override {
    while (goes_on()) {
      auto item = co_await queue_->get();
      if (!item) {
        exhausted(true);
        co_return;
      }
      // The item is in nobody's hands but f's: f begins, whatever cancellation is due.
      auto call = awaitable_access::in_any_case(to_awaitable(std::invoke(f_, std::move(*item))));
      co_await std::move(call);
    }
  }

 private:
  bool goes_on() noexcept {
    if (!stopped()) return true;
    if (!queue_->is_shut_down() || !queue_->empty()) skip();
    return false;
  }

  Queue* queue_;
  F f_;
};

template <class Queue, class F>
awaitable<void> work_in_crew(Queue& queue, std::size_t n, F f) {
  task_awaiter self;
  auto& parent = co_await self;
  queue_crew<Queue, F> crew(parent, n, queue, std::move(f));
  crew_awaiter all(crew);
  co_await all;
}

}  // namespace detail

/// Awaits `f(item)` for every item of `queue`, in `n` workers, until the queue is shut down and drained. When
/// one fails, the others are cancelled, and after they have ended the first error is thrown.
///
///     bight::queue<job> jobs{100};
///     co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
///       group.spawn(produce, std::ref(jobs));              // calls jobs.shutdown() in the end
///       co_await bight::workers(jobs, 8, handle);
///     });
///
/// Items are taken in the order of the queue, as rvalues. `f` is kept and called by all workers. An error
/// that must not end the others is caught inside f. Run it in a group with the producers, as above: when the
/// workers fail, nobody empties the queue, and a producer that waits for room is cancelled by the group.
///
/// Cancellation: every item taken was handed to f, which is cancelled where it waits; the rest stays in the
/// queue. Then cancelled_error, or the first error if one failed. Lifetime: the queue must outlive the call.
/// Errors: those of f; std::invalid_argument if n is zero.
template <class Queue, class F>
  requires detail::awaitable_type<std::invoke_result_t<F&, detail::queue_item_t<Queue>>>
awaitable<void> workers(Queue& queue, std::size_t n, F f) {
  detail::require_limit(n, "bight: workers: there must be at least 1, not 0");
  return detail::work_in_crew(queue, n, std::move(f));
}

}  // namespace bight
