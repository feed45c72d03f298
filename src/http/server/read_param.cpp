#include <bight/http/detail/read_param.hpp>

#include <bight/http/problem.hpp>
#include <charconv>
#include <stdexcept>
#include <string>
#include <system_error>

#include "http/routing/number.hpp"

namespace bight::http::detail {
namespace {

// The client asked for a path that does not exist.
[[noreturn]] void fail_param(std::string_view name, std::string_view what) {
  throw problem{404, "the path parameter '" + std::string{name} + "' is not " + std::string{what}};
}

template <class T>
T read_whole(std::string_view name, std::string_view value, T min, T max) {
  require_param(name, value);
  const auto n = routing::parse_number<T>(value);
  if (!n || *n < min || *n > max)
    fail_param(name, "an integer from " + std::to_string(min) + " to " + std::to_string(max));
  return *n;
}

}  // namespace

void require_param(std::string_view name, std::string_view value) {
  if (value.data() == nullptr)
    throw std::out_of_range{"bight: server_request::param: no parameter '" + std::string{name} + '\''};
}

std::int64_t read_signed(std::string_view name, std::string_view value, std::int64_t min, std::int64_t max) {
  return read_whole(name, value, min, max);
}

std::uint64_t read_unsigned(std::string_view name, std::string_view value, std::uint64_t max) {
  return read_whole(name, value, std::uint64_t{0}, max);
}

double read_float(std::string_view name, std::string_view value) {
  require_param(name, value);
  const auto n = routing::parse_number<double>(value);
  if (!n) fail_param(name, "a number");
  return *n;
}

}  // namespace bight::http::detail
