// The receive buffer of a connection: memory that an idle connection gives back to the system.
#pragma once
#include <cstddef>
#include <utility>

namespace bight::http::detail {

/// A buffer in pages of its own. A few that were freed are kept per thread.
class receive_slab {
 public:
  receive_slab() = default;
  explicit receive_slab(std::size_t size);
  receive_slab(receive_slab&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  receive_slab& operator=(receive_slab&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~receive_slab();

  char* get() const noexcept { return memory_; }
  explicit operator bool() const noexcept { return memory_ != nullptr; }

 private:
  char* memory_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace bight::http::detail
