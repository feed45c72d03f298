// Owner of a private implementation.
#pragma once
#include <utility>

namespace bight::detail {

/// A std::unique_ptr for members of public headers, cheaper to compile: unique_ptr would be instantiated by
/// everybody who includes <bight/core.hpp> (docs/adr/0007).
template <class T>
class pimpl {
 public:
  pimpl() = default;
  explicit pimpl(T* made) noexcept : made_(made) {}
  pimpl(pimpl&& other) noexcept : made_(std::exchange(other.made_, nullptr)) {}
  pimpl& operator=(pimpl&& other) noexcept {
    std::swap(made_, other.made_);
    return *this;
  }
  ~pimpl() {
    static_assert(sizeof(T) != 0, "the owner's destructor belongs where T is known");
    delete made_;
  }

  void reset() noexcept { delete std::exchange(made_, nullptr); }
  explicit operator bool() const noexcept { return made_ != nullptr; }
  T& operator*() const noexcept { return *made_; }
  T* operator->() const noexcept { return made_; }

 private:
  T* made_ = nullptr;
};

}  // namespace bight::detail
