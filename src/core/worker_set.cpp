#include <bight/core/detail/worker_set.hpp>

#include <deque>
#include <stdexcept>

namespace bight::detail {

struct worker_set::worker_list {
  std::deque<gather_child<void>> workers;
};

worker_set::worker_set(task_base& parent, std::size_t limit)
    : gather_core(parent), workers_(new worker_list), limit_(limit) {}
worker_set::~worker_set() = default;

bool worker_set_awaiter::ready() {
  begin_starting();
  auto& c = *set_;
  auto& workers = c.workers_->workers;
  while (!c.exhausted_ && !c.stopped() && workers.size() < c.limit_) {
    try {
      auto work = c.work();
      workers.emplace_back(child_seed<void>{loop(), c, work});
    } catch (...) {
      if (workers.empty()) throw;
      break;  // no memory for another worker: those that are there do it
    }
    start(workers.back());
    if (!workers.back().entered()) break;
  }
  return all_ended();
}

void require_limit(std::size_t limit, const char* what) {
  if (limit == 0) throw std::invalid_argument(what);
}

}  // namespace bight::detail
