// body_limit, request_timeout: limits of what is inside.
#pragma once
#include <bight/http/handler.hpp>
#include <bight/http/status.hpp>
#include <chrono>
#include <cstdint>

namespace bight::http {

/// Overrides server_limits::max_body: 413 for larger request bodies, at once if Content-Length says so,
/// before the client is told to continue.
middleware body_limit(std::uint64_t bytes);

/// Cancels the handler when it has not returned after `limit`, and responds with `code`; for a gateway: 504.
/// Includes the time to read the request body, not the time to send the response. The handler's own timeouts
/// are not affected. `forever`: no limit.
middleware request_timeout(std::chrono::nanoseconds limit, status code = status::service_unavailable);

}  // namespace bight::http
