// security_headers: what browsers should not do with responses.
#pragma once
#include <bight/http/handler.hpp>
#include <chrono>
#include <string>

namespace bight::http {

/// Options of security_headers. Empty values are not sent. Not an aggregate, so that it is safe in co_await
/// expressions.
struct security_headers_options {
  security_headers_options() {}

  /// X-Content-Type-Options: nosniff.
  bool nosniff = true;
  /// X-Frame-Options: DENY, SAMEORIGIN.
  std::string frame_options = "DENY";
  std::string referrer_policy = "strict-origin-when-cross-origin";
  std::string content_security_policy;
  /// Strict-Transport-Security (RFC 6797), over TLS only: how long browsers refuse to use this host without
  /// TLS. 0: not sent. It cannot be taken back before it expires.
  std::chrono::seconds hsts_max_age{0};
  bool hsts_include_subdomains = false;
  bool hsts_preload = false;
};

/// Adds headers to responses that do not have them. A request came over TLS if the connection uses it, or if
/// trusted_proxies says so. An exception of the handler becomes a response here, so that it has the headers,
/// too. Errors: errc::invalid_header if a value is not a field value.
middleware security_headers(security_headers_options options = {});

}  // namespace bight::http
