// Proxies of others that tests talk through: tinyproxy (HTTP), microsocks (SOCKS5), stunnel (TLS in front of
// either).
#pragma once
#include <cstdint>
#include <string>

#include "support/certificates.hpp"
#include "support/peers.hpp"

namespace bight::test {

/// Whether a proxy lets everybody in, or asks for peer_user and peer_password.
enum class proxy_access { open, password };

/// An HTTP proxy for requests and CONNECT. Adds "Via: 1.1 tinyproxy (...)" to what it forwards, both ways.
/// Without the password it answers 407 (Basic, realm "tinyproxy").
class tinyproxy : public peer_server {
 public:
  static std::string missing() { return missing_program("tinyproxy"); }
  explicit tinyproxy(proxy_access access = proxy_access::open);

  /// The log: a line with "Request (file descriptor N): METHOD TARGET HTTP/1.x" for each request.
  std::string log() const;
};

/// A SOCKS5 proxy (RFC 1928, 1929); it resolves names. For up to a thousand connections: it writes a line
/// about each to a pipe, which only wait_for_connection_to reads.
class microsocks : public peer_server {
 public:
  static std::string missing() { return missing_program("microsocks"); }
  explicit microsocks(proxy_access access = proxy_access::open);

  /// Waits until it has connected to "NAME:PORT", as asked for: a name is named.
  void wait_for_connection_to(const std::string& target);
};

/// Takes TLS connections and passes what is in them to another port of loopback.
class stunnel : public peer_server {
 public:
  static std::string missing();
  /// To that port, with the certificate for localhost or another one.
  explicit stunnel(std::uint16_t target);
  stunnel(std::uint16_t target, const certificate& identity);

  std::string log() const;
};

}  // namespace bight::test
