// The PROXY protocol: the address of a client behind a load balancer.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/net/stream.hpp>

namespace bight::net {

/// Reads the header of the PROXY protocol, version 1 or 2, with which a load balancer (HAProxy, nginx, AWS)
/// begins a connection. The returned stream continues behind it, before any TLS, and has the endpoints of the
/// client's connection to the load balancer; those of the transport if the header does not name any (UNKNOWN,
/// LOCAL), as for health checks. TLV extensions are skipped.
///
///     auto s = co_await listener.accept();
///     s = co_await bight::wait_for(net::accept_proxied(std::move(s)), 5s);
///     s = co_await net::tls_accept(std::move(s), context);
///
/// A header can claim any address: call it only for peers that are known to send one, and reject the others
/// or serve them without. net::server_options::proxy_protocol_from does that. Cancellation: closes the
/// transport. Errors: errc::proxy_protocol, with the peer and the reason, if there is no header, it is
/// malformed or incomplete; and those of the transport.
[[nodiscard]] awaitable<stream> accept_proxied(stream transport);

}  // namespace bight::net
