#include <bight/core/detail/queue_store.hpp>

#include <stdexcept>

namespace bight::detail {

void require_unfinished(std::size_t unfinished) {
  if (unfinished == 0)
    throw std::logic_error("bight: queue::task_done: called more often than items were put");
}

}  // namespace bight::detail
