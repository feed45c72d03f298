// reference<T>: an intrusive reference-counting pointer.
#pragma once
#include <utility>

namespace bight::detail {

/// Keeps a `T` with add_reference() and release() alive. Empty after a move.
template <class T>
class reference {
 public:
  reference() = default;
  explicit reference(T& object) noexcept : object_(&object) { object_->add_reference(); }
  reference(const reference& other) noexcept : object_(other.object_) {
    if (object_) object_->add_reference();
  }
  reference(reference&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  reference& operator=(reference other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~reference() {
    if (object_) object_->release();
  }

  /// Adopts an already counted reference.
  static reference adopt(T* object) noexcept {
    reference r;
    r.object_ = object;
    return r;
  }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  friend bool operator==(const reference&, const reference&) = default;

 private:
  T* object_ = nullptr;
};

}  // namespace bight::detail
