// workers: a number of consumers of a queue.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/core/detail/worker_set.hpp>
#include <cstddef>
#include <functional>
#include <utility>

namespace bight {

namespace detail {

template <class Queue>
using queue_item_t =
    std::remove_cvref_t<decltype(*std::declval<await_result_t<decltype(std::declval<Queue&>().get())>&>())>;

template <class Queue, class F>
class queue_workers final : public worker_set {
 public:
  queue_workers(task_base& parent, std::size_t n, Queue& q, F&& f)
      : worker_set(parent, n), queue_(&q), f_(std::move(f)) {}

  awaitable<void> work() override {
    while (goes_on()) {
      auto item = co_await queue_->get();
      if (!item) {
        exhausted(true);
        co_return;
      }
      // The item has been taken: f is called even if a cancellation is pending.
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
awaitable<void> run_workers(Queue& queue, std::size_t n, F f) {
  task_awaiter self;
  auto& parent = co_await self;
  queue_workers<Queue, F> workers(parent, n, queue, std::move(f));
  worker_set_awaiter all(workers);
  co_await all;
}

}  // namespace detail

/// Awaits `f(item)` for every item of `queue`, in `n` concurrent workers, until the queue is shut down and
/// drained. If a call fails, the other workers are cancelled and awaited, and the first error is thrown.
///
///     bight::queue<job> jobs{100};
///     co_await bight::task_group::run([&](bight::task_group& group) -> bight::awaitable<void> {
///       group.spawn(produce, std::ref(jobs));              // calls jobs.shutdown() in the end
///       co_await bight::workers(jobs, 8, handle);
///     });
///
/// Items are taken in queue order and passed as rvalues. `f` is stored and called by all workers; catch
/// errors inside it that should not end the others. Run it in a group with the producers, as above: if the
/// workers fail, the queue is no longer emptied, and the group cancels producers that wait for room.
///
/// Cancellation: every item taken has been passed to `f`, which is cancelled where it waits; other items stay
/// in the queue. Then throws the first error, or cancelled_error if none failed. Lifetime: the queue must
/// outlive the call. Errors: those of `f`; std::invalid_argument if n is 0.
template <class Queue, class F>
  requires detail::awaitable_type<std::invoke_result_t<F&, detail::queue_item_t<Queue>>>
awaitable<void> workers(Queue& queue, std::size_t n, F f) {
  detail::require_limit(n, "bight: workers: there must be at least 1, not 0");
  return detail::run_workers(queue, n, std::move(f));
}

}  // namespace bight
