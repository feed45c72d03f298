// Connections through a proxy, once it has been reached.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/http/url.hpp>
#include <bight/net/stream.hpp>
#include <cstdint>
#include <string>

namespace bight::http::detail {

/// What a tunnel is asked for.
struct tunnel_target {
  std::string host;  ///< Without the brackets of IPv6 addresses.
  std::uint16_t port = 0;
};

/// Makes a tunnel by CONNECT (RFC 9110 9.3.6). `authorization`: the value of Proxy-Authorization, or empty.
/// Errors: errc::proxy_authentication, proxy_refused, proxy_unavailable, with the status; proxy_protocol;
/// those of the stream. The text contains the target and the proxy without its password.
awaitable<net::stream> connect_tunnel(net::stream s, tunnel_target target, std::string authorization,
                                      std::string proxy, std::uint32_t max_head);

/// Asks a SOCKS5 proxy, whose URL has user name and password. Errors: as connect_tunnel.
awaitable<net::stream> connect_socks5(net::stream s, tunnel_target target, const url& proxy);

}  // namespace bight::http::detail
