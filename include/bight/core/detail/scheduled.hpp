// Things that wait for their turn on a loop.
#pragma once

namespace bight::detail {

struct loop_core;

/// An entry of a loop's ready list.
class scheduled {
 public:
  /// Called once by the loop when its turn comes. The object may be gone when it returns.
  virtual void run() noexcept = 0;

 protected:
  scheduled() = default;
  // An entry is linked by address: what is copied or moved starts unlinked.
  scheduled(const scheduled&) noexcept {}
  scheduled& operator=(const scheduled&) noexcept { return *this; }
  ~scheduled() = default;

 private:
  friend struct loop_core;
  scheduled* next_ready_ = nullptr;
};

}  // namespace bight::detail
