// X-Forwarded-For and its like, and Forwarded (RFC 7239).
#pragma once
#include <bight/http/headers.hpp>
#include <bight/net/address.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http::middleware_detail {

/// One hop, as a proxy describes it. Values are not validated.
struct forwarding_hop {
  std::string client;  ///< "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80", "unknown", "_name".
  std::string scheme;
  std::string host;
};

/// The hops in order, the nearest last. A part that is malformed stays out, with all before it.
std::vector<forwarding_hop> parse_forwarded(headers_view request);
std::vector<forwarding_hop> parse_x_forwarded(headers_view request);

/// The client of a hop, with port 0 if it has none. Returns: nullopt if it is not an IP address.
std::optional<net::endpoint> parse_node(std::string_view text);

/// What the trusted proxies say of a request.
struct forwarded_request {
  net::endpoint client;
  std::string scheme;  ///< "http", "https" or empty.
  std::string host;    ///< A valid authority or empty.
};

/// Finds the last hop that is not a trusted proxy. Precondition: `peer` is one.
forwarded_request resolve_forwarding(const std::vector<forwarding_hop>& hops, const net::endpoint& peer,
                                     const std::function<bool(const net::endpoint&)>& is_trusted);

}  // namespace bight::http::middleware_detail
