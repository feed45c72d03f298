// allowed_hosts: the names under which a server may be reached.
#pragma once
#include <bight/http/handler.hpp>
#include <string>
#include <vector>

namespace bight::http {

/// Responds with 421 (RFC 9110 15.5.20) if the requested host is not in the list, and with 400 if there is
/// none: against DNS rebinding and forged links. "example.org" is that host on any port, "example.org:8080"
/// on that port, "*.example.org" its subdomains, "[::1]" an address. Case does not matter. Errors:
/// std::invalid_argument, naming the entry, if it is none of these.
middleware allowed_hosts(const std::vector<std::string>& hosts);

}  // namespace bight::http
