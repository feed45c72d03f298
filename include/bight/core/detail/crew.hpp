// Workers that share one source of work: what map_concurrent and workers are made of.
#pragma once
#include <bight/core/detail/gather_core.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <cstddef>
#include <deque>
#include <stdexcept>

namespace bight::detail {

/// Children of a gather that do the same thing, at most `limit`. The next is started when those before it
/// wait, as long as there is work: work that never waits is done by one.
class crew : public gather_core {
 public:
  crew(task_base& parent, std::size_t limit) noexcept : gather_core(parent), limit_(limit) {}

 protected:
  ~crew() = default;
  /// A worker found no work: no more workers are needed.
  void exhausted(bool nothing_left) noexcept { exhausted_ = nothing_left; }
  bool is_exhausted() const noexcept { return exhausted_; }

 private:
  template <class Crew>
  friend class crew_awaiter;
  bool wants_more() const noexcept { return !exhausted_ && !stopped() && workers_.size() < limit_; }

  std::deque<gather_child<void>> workers_;
  std::size_t limit_;
  bool exhausted_ = false;
};

/// `co_await` on a crew: starts workers, `Crew::work()` each, and waits for all.
template <class Crew>
class crew_awaiter final : public basic_awaiter<crew_awaiter<Crew>, gather_awaiter> {
 public:
  explicit crew_awaiter(Crew& c) noexcept : basic_awaiter<crew_awaiter, gather_awaiter>(c), crew_(&c) {}

 private:
  friend class basic_awaiter<crew_awaiter, gather_awaiter>;
  bool ready() override {
    this->begin_starting();
    crew& c = *crew_;
    while (c.wants_more()) {
      try {
        auto work = crew_->work();
        c.workers_.emplace_back(child_seed<void>{this->loop(), c, work});
      } catch (...) {
        if (c.workers_.empty()) throw;
        break;  // no memory for another worker: those that are there do it
      }
      this->start(c.workers_.back());
      if (!c.workers_.back().entered()) break;
    }
    return this->all_ended();
  }
  void result() { this->rethrow_failure(); }

  Crew* crew_;
};

inline void require_limit(std::size_t limit, const char* what) {
  if (limit == 0) throw std::invalid_argument(what);
}

}  // namespace bight::detail
