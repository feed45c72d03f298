// handler: answers requests; middleware: stands around it.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <cstddef>
#include <vector>

namespace bight::http {

/// Answers one request. It is called for many requests, also while earlier calls are still running.
using handler = unique_function<awaitable<server_response>(server_request&)>;

namespace detail {
class handler_chain;
}

/// What a middleware stands around: the next middleware, or the handler.
class next {
 public:
  /// Lifetime: of the middleware's call.
  awaitable<server_response> operator()(server_request& request) const;

 private:
  friend class detail::handler_chain;
  next(detail::handler_chain& chain, std::size_t position) noexcept : chain_(&chain), position_(position) {}
  detail::handler_chain* chain_;
  std::size_t position_;
};

/// Answers a request itself, or changes what goes in or comes out.
///
///     http::middleware no_cache = [](http::server_request& request,
///                                    http::next next) -> bight::awaitable<http::server_response> {
///       auto response = co_await next(request);
///       response.headers().set("Cache-Control", "no-store");
///       co_return response;
///     };
using middleware = unique_function<awaitable<server_response>(server_request&, next)>;

/// `inner` with all of `around` around it; the first one is the outermost. Made once, not per request.
[[nodiscard]] handler compose(std::vector<middleware> around, handler inner);

}  // namespace bight::http
