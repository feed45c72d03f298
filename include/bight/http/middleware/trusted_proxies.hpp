// trusted_proxies: the client behind a reverse proxy.
#pragma once
#include <bight/http/handler.hpp>
#include <bight/http/server_request.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace bight::http {

/// The fields in which proxies say who their client is.
enum class forwarding_fields : std::uint8_t {
  x_forwarded,  ///< X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host.
  forwarded,    ///< Forwarded (RFC 7239).
};

/// Options of trusted_proxies. Not an aggregate, so that it is safe in co_await expressions.
struct trusted_proxies_options {
  trusted_proxies_options() {}

  /// Addresses of proxies: "10.0.0.0/8", "fd00::/8", "192.0.2.1", or "unix" for all Unix domain sockets.
  std::vector<std::string> proxies = {"127.0.0.0/8", "::1"};
  /// The fields that all of these proxies set or remove, each of them: a proxy may pass on what its client
  /// has sent. Others are ignored.
  forwarding_fields fields = forwarding_fields::x_forwarded;
};

/// Makes requests that came through trusted proxies look as the client sent them:
/// server_request::remote_endpoint is the client, with port 0 if unknown, authority is the host that it asked
/// for, and is_secure whether it used TLS. server_request::connection still describes the connection. Put it
/// first.
///
/// The client is the last address in the field that is not a trusted proxy. A request that does not come from
/// a trusted proxy is left as it is. What is malformed is ignored, with everything before it. Errors:
/// std::invalid_argument, naming the entry, if an address is invalid.
middleware trusted_proxies(trusted_proxies_options options = {});

/// Whether the client uses TLS, by the connection or by what a trusted proxy says.
bool is_secure(const server_request& request);

}  // namespace bight::http
