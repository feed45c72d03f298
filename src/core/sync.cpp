#include <bight/core/bounded_semaphore.hpp>
#include <bight/core/detail/queue_store.hpp>
#include <bight/core/latch.hpp>
#include <bight/core/lock.hpp>

#include <stdexcept>

namespace bight {

void lock::release() {
  if (!locked_) throw std::logic_error("bight: lock::release: not locked");
  pass_on();
}

void bounded_semaphore::release(std::size_t n) {
  if (n > limit_ - available())
    throw std::logic_error("bight: bounded_semaphore::release: more permits than were taken");
  semaphore::release(n);
}

void latch::count_down(std::size_t n) {
  if (n > count_) throw std::logic_error("bight: latch::count_down: more than the remaining count");
  count_ -= n;
  if (count_ == 0) zero_.set();
}

void detail::require_unfinished(std::size_t unfinished) {
  if (unfinished == 0)
    throw std::logic_error("bight: queue::task_done: called more often than items were added");
}

}  // namespace bight
