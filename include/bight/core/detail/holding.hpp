// holding<Owner>: ownership of a lock or a permit.
#pragma once
#include <utility>

namespace bight::detail {

/// Released by the destructor. Move-only. `Owner` has a give_back().
template <class Owner>
class [[nodiscard("destroying it releases it immediately")]] holding {
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

  /// Releases it now. No effect if it is empty.
  void release() noexcept {
    if (auto* const owner = std::exchange(from_, nullptr)) owner->give_back();
  }
  /// Gives up ownership; release() of the lock or semaphore must be called later.
  void detach() noexcept { from_ = nullptr; }
  /// Whether it holds something.
  explicit operator bool() const noexcept { return from_ != nullptr; }

 private:
  friend Owner;
  explicit holding(Owner& from) noexcept : from_(&from) {}
  Owner* from_ = nullptr;
};

}  // namespace bight::detail
