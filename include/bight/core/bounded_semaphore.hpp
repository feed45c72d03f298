// bounded_semaphore: a semaphore that detects superfluous releases.
#pragma once
#include <bight/core/semaphore.hpp>
#include <cstddef>

namespace bight {

/// A semaphore that cannot have more permits than it was created with (asyncio.BoundedSemaphore). Differs
/// from `semaphore` only in `release`.
class bounded_semaphore : private semaphore {
 public:
  using semaphore::acquire;
  using semaphore::available;
  using semaphore::locked;
  using semaphore::permit;
  using semaphore::try_acquire;

  explicit bounded_semaphore(std::size_t permits) noexcept : semaphore(permits), limit_(permits) {}

  /// Returns `n` detached permits. Errors: std::logic_error if fewer are in use.
  void release(std::size_t n = 1);
  /// The number of permits, free or in use.
  std::size_t limit() const noexcept { return limit_; }

 private:
  std::size_t limit_;
};

}  // namespace bight
