// The arguments of a call, kept until the statement's types are known.
#pragma once
#include <array>
#include <bight/pg/detail/parameter.hpp>
#include <bight/pg/value_codec.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

namespace bight::pg::detail {

template <class T>
bool write_argument(const void* value, value_writer& out) {
  return write_value(*static_cast<const T*>(value), out);
}

/// Refers to `value`.
template <class T>
parameter make_parameter(const T& value) noexcept {
  return {&value, &check_parameter<T>, &write_argument<T>, parameter_type<T>()};
}

/// Owns the arguments; not movable once `all` has been called.
template <class... Args>
class arguments {
 public:
  explicit arguments(std::tuple<Args...>&& values) : values_(std::move(values)) {
    std::apply([this](const Args&... a) { parameters_ = {make_parameter(a)...}; }, values_);
  }
  arguments(const arguments&) = delete;
  arguments& operator=(const arguments&) = delete;
  std::span<const parameter> all() const noexcept { return parameters_; }

 private:
  std::tuple<Args...> values_;
  std::array<parameter, sizeof...(Args)> parameters_;
};

}  // namespace bight::pg::detail
