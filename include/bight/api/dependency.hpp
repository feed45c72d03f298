// dependency: a value that is made for a request, and found by its type.
#pragma once
#include <memory>
#include <utility>

namespace bight::api {

/// A value that router::provide makes once per request: a database session, the user who asks. A handle that
/// is cheap to copy; the value is destroyed when the response has been sent and the last handle is gone.
///
///     routes.add(get_item, [&](int id, bool verbose, api::dependency<session> db) { return db->find(id); });
template <class T>
class dependency {
 public:
  explicit dependency(std::shared_ptr<T> value) noexcept : value_(std::move(value)) {}
  T& operator*() const noexcept { return *value_; }
  T* operator->() const noexcept { return value_.get(); }

 private:
  std::shared_ptr<T> value_;
};

}  // namespace bight::api
