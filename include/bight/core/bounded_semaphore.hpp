// bounded_semaphore: a semaphore that notices when it is released too often.
#pragma once
#include <bight/core/semaphore.hpp>
#include <cstddef>

namespace bight {

/// A semaphore whose permits never become more than they were (asyncio.BoundedSemaphore). Differs from
/// `semaphore` in `release` alone.
class bounded_semaphore : private semaphore {
 public:
  using semaphore::acquire;
  using semaphore::available;
  using semaphore::locked;
  using semaphore::permit;
  using semaphore::try_acquire;

  explicit bounded_semaphore(std::size_t permits) noexcept : semaphore(permits), limit_(permits) {}

  /// Gives `n` permits back that were detached. Throws std::logic_error if fewer are taken.
  void release(std::size_t n = 1);
  /// How many permits there are, free or taken.
  std::size_t limit() const noexcept { return limit_; }

 private:
  std::size_t limit_;
};

}  // namespace bight
