// Entries of a loop's ready list.
#pragma once

namespace bight::detail {

struct loop_core;

/// An entry of a loop's ready list.
class scheduled {
 public:
  /// Called once by the loop. May destroy the object.
  virtual void run() noexcept = 0;

 protected:
  scheduled() = default;
  // Entries are linked by address: a copy or a moved object is not linked.
  scheduled(const scheduled&) noexcept {}
  scheduled& operator=(const scheduled&) noexcept { return *this; }
  ~scheduled() = default;

 private:
  friend struct loop_core;
  scheduled* next_ready_ = nullptr;
};

}  // namespace bight::detail
