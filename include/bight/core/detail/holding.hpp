// holding<Owner>: what a lock or a semaphore has granted.
#pragma once
#include <utility>

namespace bight::detail {

/// Given back by the destructor. Move-only. `Owner` has a give_back().
template <class Owner>
class [[nodiscard("dropping it gives it back at once")]] holding {
 public:
  holding() = default;
  holding(holding&& other) noexcept : from_(std::exchange(other.from_, nullptr)) {}
  holding& operator=(holding&& other) noexcept {
    if (auto* const old = std::exchange(from_, std::exchange(other.from_, nullptr))) old->give_back();
    return *this;
  }
  ~holding() {
    if (from_) from_->give_back();
  }

  /// Gives it back now. Nothing if it is empty.
  void release() noexcept {
    if (auto* const owner = std::exchange(from_, nullptr)) owner->give_back();
  }
  /// Gives up ownership: somebody calls release() of the lock or semaphore later.
  void detach() noexcept { from_ = nullptr; }
  /// True if it holds something.
  explicit operator bool() const noexcept { return from_ != nullptr; }

 private:
  friend Owner;
  explicit holding(Owner& from) noexcept : from_(&from) {}
  Owner* from_ = nullptr;
};

}  // namespace bight::detail
