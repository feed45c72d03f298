// Workers that share one source of work: what map_concurrent and workers are made of.
#pragma once
#include <bight/core/detail/gather_core.hpp>
#include <bight/core/detail/pimpl.hpp>
#include <cstddef>

namespace bight::detail {

/// Children of a gather that do the same thing, at most `limit`. The next is started when those before it
/// wait, as long as there is work: work that never waits is done by one.
class crew : public gather_core {
 public:
  crew(task_base& parent, std::size_t limit);

 protected:
  ~crew();
  /// What a worker does.
  virtual awaitable<void> work() = 0;
  /// A worker found no work: no more workers are needed.
  void exhausted(bool nothing_left) noexcept { exhausted_ = nothing_left; }
  bool is_exhausted() const noexcept { return exhausted_; }

 private:
  friend class crew_awaiter;
  struct staff;

  pimpl<staff> staff_;
  std::size_t limit_;
  bool exhausted_ = false;
};

/// `co_await` on a crew: starts workers and waits for all.
class crew_awaiter final : public basic_awaiter<crew_awaiter, gather_awaiter> {
 public:
  explicit crew_awaiter(crew& c) noexcept : basic_awaiter<crew_awaiter, gather_awaiter>(c), crew_(&c) {}

 private:
  friend class basic_awaiter<crew_awaiter, gather_awaiter>;
  bool ready() override;
  void result() { this->rethrow_failure(); }

  crew* crew_;
};

/// Errors: std::invalid_argument, which says `what`, for a limit of zero.
void require_limit(std::size_t limit, const char* what);

}  // namespace bight::detail
