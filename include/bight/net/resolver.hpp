// resolver: host names to addresses.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/net/address.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bight::net {

/// Options of a resolver. Trivially copyable.
struct resolver_options {
  /// How long an answer is used. getaddrinfo does not tell the TTL.
  std::chrono::milliseconds ttl = std::chrono::seconds{60};
  /// How long a failure is remembered.
  std::chrono::milliseconds negative_ttl = std::chrono::seconds{5};
  /// Names remembered; the one that was asked for longest ago goes first.
  std::size_t max_entries = 1024;
};

/// Looks host names up as the system does (getaddrinfo: hosts file, DNS, ...), on pool threads, with a cache.
///
/// Questions for a name that is being looked up join that look-up. Addresses are interleaved by family,
/// beginning with the one that the system prefers, as RFC 8305 section 4 asks. IP literals are answered at
/// once. The case of ASCII letters does not matter.
/// Concurrency: one loop. Copies share the cache.
class resolver {
 public:
  explicit resolver(const resolver_options& options = {});

  /// Every address of `host`, best first; never empty.
  /// Cancellation: at once; the look-up goes on and its answer is kept.
  /// Errors: errc::host_not_found, errc::resolver_failed, errc::invalid_host_name (over 253 characters,
  /// empty).
  [[nodiscard]] awaitable<std::vector<ip_address>> resolve(std::string_view host);
  /// Answers for `host` without asking anybody, from now on: for tests and overrides. No addresses: the host
  /// is not found.
  void set_static(std::string_view host, std::vector<ip_address> addresses);
  /// Forgets every answer except the static ones.
  void flush();

 private:
  class impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace bight::net
