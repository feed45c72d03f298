// rate_limit: limits the requests of each client.
#pragma once
#include <bight/core/unique_function.hpp>
#include <bight/http/handler.hpp>
#include <bight/http/server_request.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace bight::http {

/// Options of rate_limit. Not an aggregate, so that it is safe in co_await expressions.
struct rate_limit_options {
  rate_limit_options() {}

  /// So many requests per `period`, replenished continuously.
  std::uint32_t requests = 600;
  std::chrono::nanoseconds period = std::chrono::minutes{1};
  /// So many at once; 0: as many as `requests`.
  std::uint32_t burst = 0;
  /// Returns the key of which the requests are counted, for example an API token; requests with an empty key
  /// are not limited. If empty, the key is the client's address, and of IPv6 addresses the first 64 bits,
  /// since a client usually has all others. Behind a proxy: see trusted_proxies.
  unique_function<std::string(const server_request&)> key;
  /// Maximum number of keys; beyond it, the least recently used is forgotten.
  std::size_t max_keys = 10'000;
};

/// Limits the rate of requests per client with a token bucket each. Requests beyond it are answered with 429
/// and Retry-After. Counts per loop: n loops allow up to n times as much. All clients on Unix domain sockets
/// share one key. Errors: std::invalid_argument for zero requests, keys or period.
middleware rate_limit(rate_limit_options options = {});

}  // namespace bight::http
