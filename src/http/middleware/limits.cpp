#include <bight/http/middleware/limits.hpp>

#include <bight/core/error.hpp>
#include <bight/core/timeout.hpp>
#include <optional>
#include <string>
#include <utility>

#include "http/server/plain_text.hpp"

namespace bight::http {
namespace {

awaitable<server_response> refuse_body(std::uint64_t limit) {
  co_return detail::plain_text(status::content_too_large,
                               "the body is too large (limit " + std::to_string(limit) + ")");
}

awaitable<server_response> run_within(server_request& request, next rest, std::chrono::nanoseconds limit,
                                      status code) {
  deadline_control control{limit};
  std::optional<server_response> response;
  try {
    auto work = rest(request);
    response = co_await wait_for(std::move(work), control);
  } catch (const timeout_error&) {
    if (!control.expired()) throw;
  }
  if (!response) co_return detail::plain_text(code, "the request took too long");
  co_return std::move(*response);
}

}  // namespace

middleware body_limit(std::uint64_t bytes) {
  return [bytes](server_request& request, next rest) {
    request.max_body(bytes);
    if (request.body_size().value_or(0) > bytes) return refuse_body(bytes);
    return rest(request);
  };
}

middleware request_timeout(std::chrono::nanoseconds limit, status code) {
  return [limit, code](server_request& request, next rest) { return run_within(request, rest, limit, code); };
}

}  // namespace bight::http
