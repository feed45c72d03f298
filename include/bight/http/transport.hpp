// transport: what carries the requests of a client.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/request.hpp>
#include <bight/http/response.hpp>
#include <cstddef>

namespace bight::http {

/// Carries one request to a server: connections by default (client_options::transport), a mock in tests, a
/// cache.
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

  /// Sends `request` as it is and follows no redirect. Returns when the head of the response has come. The
  /// request stays where it is until then; its timeouts() are to be kept.
  [[nodiscard]] virtual awaitable<response> send(request& request) = 0;
};

namespace detail {
class client_chain;
}

/// What a client's middleware stands around.
class client_next {
 public:
  /// May be called more than once, for a request whose body can be sent again. Lifetime: of the middleware's
  /// call.
  awaitable<response> operator()(request& r) const;

 private:
  friend class detail::client_chain;
  client_next(detail::client_chain& chain, std::size_t position) noexcept
      : chain_(&chain), position_(position) {}
  detail::client_chain* chain_;
  std::size_t position_;
};

/// Stands around every call of a client, redirects and authentication included.
///
///     client.add_middleware([](http::request& r, http::client_next next) -> bight::awaitable<http::response>
///     {
///       r.headers().set("X-Request-Id", "42");
///       co_return co_await next(r);
///     });
using client_middleware = unique_function<awaitable<response>(request&, client_next)>;

}  // namespace bight::http
