// What a server says about when to try again.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/http/date.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/response.hpp>
#include <chrono>
#include <exception>
#include <optional>

namespace bight::http::detail {

/// What Retry-After of a response says.
inline std::optional<std::chrono::nanoseconds> delay_asked_for(headers_view fields) {
  const auto value = fields.get(header_id::retry_after);
  if (!value) return {};
  return parse_retry_after(*value, std::chrono::floor<std::chrono::seconds>(wall_clock::now()));
}

/// Retry-After of a status_error, for retry_policy::retry_after.
inline std::optional<clock::duration> retry_after(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const status_error& e) { return e.retry_after(); } catch (...) {
    return {};
  }
}

}  // namespace bight::http::detail
