// What a server says about when to try again.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/http/response.hpp>
#include <exception>
#include <optional>

namespace bight::http::detail {

/// Retry-After of a status_error, for retry_policy::retry_after.
inline std::optional<clock::duration> retry_after(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const status_error& e) { return e.retry_after(); } catch (...) {
    return {};
  }
}

}  // namespace bight::http::detail
