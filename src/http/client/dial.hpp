// How a route becomes a stream: name, addresses, proxy, TLS.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/http/client.hpp>
#include <bight/http/connect_timeline.hpp>
#include <bight/http/request.hpp>
#include <bight/http/url.hpp>
#include <bight/net/address.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/network.hpp>
#include <bight/net/resolver.hpp>
#include <bight/net/stream.hpp>
#include <bight/net/tls.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace bight::http::detail {

/// What is left until `deadline`; `forever` if it is none.
inline clock::duration time_left(clock::time_point deadline) noexcept {
  return deadline == clock::time_point::max() ? forever : deadline - clock::now();
}

/// "timed out after 10 s: TLS handshake with x:443 (timeouts.tls)".
std::string timed_out_text(clock::duration after, std::string_view doing, std::string_view option);
/// Throws timeout_error with that text.
[[noreturn]] void throw_timed_out(clock::duration after, std::string_view doing, std::string_view option);

/// The way to an origin.
struct route {
  enum class kind : std::uint8_t {
    direct,
    unix_socket,
    forward,  ///< To an HTTP proxy that is sent the requests themselves, in absolute-form.
    tunnel,   ///< Through an HTTP proxy by CONNECT.
    socks5,   ///< Through a SOCKS5 proxy.
  };

  kind how = kind::direct;
  url proxy;                  ///< Empty unless there is one.
  std::string authorization;  ///< The value of Proxy-Authorization, or empty.
};

/// How long a step may take, and until when all of them.
struct dial_limits {
  client_timeouts timeouts;
  clock::time_point deadline;
};

class dialer {
 public:
  dialer(const client_options& options, net::resolver names);

  /// The proxy for a URL; nothing if there is none.
  std::optional<url> proxy_for(const url& where) const;
  /// Whether there may be proxies.
  bool has_proxies() const noexcept { return proxy_ || choose_proxy_; }
  /// The way to the origin of `where`. `end_to_end`: through an HTTP proxy, a tunnel also for http. Errors:
  /// errc::unsupported_scheme, naming the proxy.
  route route_to(const url& where, bool end_to_end) const;

  /// A stream on which the origin of `where` can be talked to. `session_key`: for TLS sessions. Fills in
  /// `timeline`, also when it fails. Lifetime: all arguments are valid until it returns. Errors:
  /// timeout_error, which says what took how long; those of net::connect, net::tls_connect and the proxy.
  awaitable<net::stream> dial(const url& where, const route& way, const std::string& session_key,
                              const dial_limits& limits, connect_timeline& timeline);

 private:
  awaitable<net::stream> open(const url& where, const route& way, const std::string& session_key,
                              const dial_limits& limits, connect_timeline& timeline);
  awaitable<net::stream> reach(const url& where, const route& way, const dial_limits& limits,
                               connect_timeline& timeline);
  awaitable<net::stream> negotiate(net::stream s, const url& where, const route& way,
                                   const dial_limits& limits);
  awaitable<net::stream> through_socks5(const url& where, const route& way, const dial_limits& limits,
                                        connect_timeline& timeline);
  awaitable<net::stream> secure(net::stream s, std::string host, std::uint16_t port,
                                std::optional<net::tls_client_context> context, std::string session_key,
                                std::chrono::nanoseconds limit);
  std::string activity(const url& where, const route& way, const connect_timeline& timeline) const;

  net::resolver names_;
  std::shared_ptr<net::network> network_;
  std::optional<net::tls_client_context> tls_;
  std::optional<net::tls_client_context> proxy_tls_;
  net::connect_policy policy_;
  std::optional<url> proxy_;
  std::function<std::optional<url>(const url&)> choose_proxy_;
  std::optional<net::endpoint> unix_socket_;
  std::uint32_t max_head_;
};

}  // namespace bight::http::detail
