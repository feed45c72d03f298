// Where a conversion to or from JSON is: a chain on the stack that costs nothing until an error names it.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace bight::http::detail {

class json_place {
 public:
  json_place() = default;
  json_place(const json_place& parent, std::string_view member) noexcept
      : parent_(&parent), member_(member), is_member_(true) {}
  json_place(const json_place& parent, std::size_t index) noexcept : parent_(&parent), index_(index) {}

  /// RFC 6901.
  std::string pointer() const;
  /// Throws json_error.
  [[noreturn]] void fail(std::string_view reason) const;

 private:
  const json_place* parent_ = nullptr;
  std::string_view member_;
  std::size_t index_ = 0;
  bool is_member_ = false;
};

}  // namespace bight::http::detail
