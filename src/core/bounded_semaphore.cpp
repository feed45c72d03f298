#include <bight/core/bounded_semaphore.hpp>

#include <stdexcept>

namespace bight {

void bounded_semaphore::release(std::size_t n) {
  if (n > limit_ - available())
    throw std::logic_error("bight: bounded_semaphore::release: more permits than were taken");
  semaphore::release(n);
}

}  // namespace bight
