// resolver: name resolution with a cache.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/net/address.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bight::net {

/// Options of a resolver. Trivially copyable.
struct resolver_options {
  /// How long an answer is cached. (getaddrinfo does not report the TTL.)
  std::chrono::milliseconds ttl = std::chrono::seconds{60};
  /// How long a failure is cached.
  std::chrono::milliseconds negative_ttl = std::chrono::seconds{5};
  /// Maximum number of cached names; the least recently used is evicted.
  std::size_t max_entries = 1024;
};

/// Resolves host names with getaddrinfo (hosts file, DNS, ...) on pool threads and caches the results.
///
/// Concurrent requests for a name share one lookup. Addresses are interleaved by family, starting with the
/// one that the system prefers (RFC 8305 section 4). IP literals need no lookup. Names are case-insensitive.
/// Concurrency: one loop. Copies share the cache.
class resolver {
 public:
  explicit resolver(const resolver_options& options = {});

  /// Returns the addresses of `host`, best first; never empty.
  /// Cancellation: immediate; the lookup continues and its result is cached.
  /// Errors: errc::host_not_found, errc::resolver_failed, errc::invalid_host_name (empty, over 253
  /// characters, or a label over 63).
  [[nodiscard]] awaitable<std::vector<ip_address>> resolve(std::string_view host);
  /// Same for connections to a port, which may have addresses of its own.
  [[nodiscard]] awaitable<std::vector<ip_address>> resolve(std::string_view host, std::uint16_t port);
  /// Sets the addresses of `host` without a lookup, for tests and overrides. If empty, the host is not found.
  void set_static(std::string_view host, std::vector<ip_address> addresses);
  /// Same for connections to one port, which then has precedence (curl --resolve).
  void set_static(std::string_view host, std::uint16_t port, std::vector<ip_address> addresses);
  /// Clears the cache, except for static addresses.
  void flush();

 private:
  friend struct resolver_access;
  class impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace bight::net
