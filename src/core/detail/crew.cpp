#include <bight/core/detail/crew.hpp>

#include <deque>
#include <stdexcept>

namespace bight::detail {

struct crew::staff {
  std::deque<gather_child<void>> workers;
};

crew::crew(task_base& parent, std::size_t limit) : gather_core(parent), staff_(new staff), limit_(limit) {}
crew::~crew() = default;

bool crew_awaiter::ready() {
  begin_starting();
  auto& c = *crew_;
  auto& workers = c.staff_->workers;
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
