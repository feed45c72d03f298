// Errors after which a retry may succeed.
#pragma once
#include <bight/core/backoff.hpp>
#include <bight/http/error.hpp>
#include <bight/net/error.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>

namespace bight::crawl {

inline bool is_retryable(const boost::system::error_code& ec) {
  if (ec.category() == http::http_category())
    return ec == http::errc::truncated || ec == http::errc::server_closed;
  if (ec.category() == net::net_category())
    return ec == net::errc::resolver_failed || ec == net::errc::tls_truncated;
  return true;  // system errors and timeouts
}

/// Statuses after which a retry may succeed.
inline bool is_retryable_status(int code) noexcept {
  return code == 408 || code == 429 || code == 500 || code == 502 || code == 503 || code == 504;
}

/// Statuses by which a host asks for fewer requests.
inline bool asks_to_wait(int code) noexcept { return code == 429 || code == 503; }

/// The waits before further attempts.
inline backoff retry_backoff() {
  return backoff{std::chrono::milliseconds{500}, std::chrono::minutes{1}}.jitter(0.5);
}

}  // namespace bight::crawl
