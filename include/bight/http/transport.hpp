// transport and middleware of a client.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/request.hpp>
#include <bight/http/response.hpp>
#include <cstddef>

namespace bight::http {

/// Sends the requests of a client. By default a client uses network connections; set
/// client_options::transport to replace them, for example by a mock or a cache.
///
///     class always_ok final : public http::transport {
///      public:
///       bight::awaitable<http::response> send(http::request& request) override {
///         co_return http::response{200, "you asked for " + std::string{request.url().href()}};
///       }
///     };
class transport {
 public:
  transport() = default;
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;
  virtual ~transport() = default;

  /// Sends `request` unchanged, without following redirects, and returns once the response head has arrived.
  /// Implementations should honour request.timeouts(). Lifetime: `request` is valid until it returns.
  [[nodiscard]] virtual awaitable<response> send(request& request) = 0;
};

namespace detail {
class client_chain;
}

/// The next middleware, or the transport.
class client_next {
 public:
  /// Can be called several times if the body of the request is replayable. Lifetime: valid until the
  /// middleware has returned.
  awaitable<response> operator()(request& r) const;

 private:
  friend class detail::client_chain;
  client_next(detail::client_chain& chain, std::size_t position) noexcept
      : chain_(&chain), position_(position) {}
  detail::client_chain* chain_;
  std::size_t position_;
};

/// Wraps every call of a client. Redirects and authentication take place inside `next`.
///
///     client.add_middleware([](http::request& r, http::client_next next) -> bight::awaitable<http::response>
///     {
///       r.headers().set("X-Request-Id", "42");
///       co_return co_await next(r);
///     });
using client_middleware = unique_function<awaitable<response>(request&, client_next)>;

}  // namespace bight::http
