// Concurrent workers on one source of work: the basis of map_concurrent and workers.
#pragma once
#include <bight/core/detail/gather_core.hpp>
#include <bight/core/detail/pimpl.hpp>
#include <cstddef>

namespace bight::detail {

/// Children of a gather that share work, at most `limit`. The next one is started when all earlier ones are
/// waiting and there is work left, so that work that never suspends is done by one worker.
class worker_set : public gather_core {
 public:
  worker_set(task_base& parent, std::size_t limit);

 protected:
  ~worker_set();
  /// The coroutine of a worker.
  virtual awaitable<void> work() = 0;
  /// Records whether the work is exhausted, so that no more workers are started.
  void exhausted(bool nothing_left) noexcept { exhausted_ = nothing_left; }
  bool is_exhausted() const noexcept { return exhausted_; }

 private:
  friend class worker_set_awaiter;
  struct worker_list;

  pimpl<worker_list> workers_;
  std::size_t limit_;
  bool exhausted_ = false;
};

/// `co_await` on a worker_set: starts workers and waits for all.
class worker_set_awaiter final : public basic_awaiter<worker_set_awaiter, gather_awaiter> {
 public:
  explicit worker_set_awaiter(worker_set& s) noexcept
      : basic_awaiter<worker_set_awaiter, gather_awaiter>(s), set_(&s) {}

 private:
  friend class basic_awaiter<worker_set_awaiter, gather_awaiter>;
  bool ready() override;
  void result() { this->rethrow_failure(); }

  worker_set* set_;
};

/// Errors: std::invalid_argument with the text `what` if the limit is 0.
void require_limit(std::size_t limit, const char* what);

}  // namespace bight::detail
