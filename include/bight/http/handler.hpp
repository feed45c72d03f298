// handler and middleware of a server.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <cstddef>
#include <vector>

namespace bight::http {

/// Handles a request. Called for every request, also while earlier calls are still running.
using handler = unique_function<awaitable<server_response>(server_request&)>;

namespace detail {
class handler_chain;
}

/// The next middleware, or the handler.
class next {
 public:
  /// Lifetime: valid until the middleware has returned.
  awaitable<server_response> operator()(server_request& request) const;

 private:
  friend class detail::handler_chain;
  next(detail::handler_chain& chain, std::size_t position) noexcept : chain_(&chain), position_(position) {}
  detail::handler_chain* chain_;
  std::size_t position_;
};

/// Wraps a handler: changes requests or responses, or responds itself.
///
///     http::middleware no_cache = [](http::server_request& request,
///                                    http::next next) -> bight::awaitable<http::server_response> {
///       auto response = co_await next(request);
///       response.headers().set("Cache-Control", "no-store");
///       co_return response;
///     };
using middleware = unique_function<awaitable<server_response>(server_request&, next)>;

/// Returns `inner` wrapped in the middleware `around`, whose first element is the outermost. Call it once,
/// not per request.
[[nodiscard]] handler compose(std::vector<middleware> around, handler inner);

}  // namespace bight::http
