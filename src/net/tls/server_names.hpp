// The server names of TLS (SNI): what clients send, and which certificate belongs to it.
#pragma once
#include <openssl/ssl.h>

#include <string>
#include <string_view>
#include <unordered_map>

namespace bight::net::tls {

/// In lower case and without the trailing dot; empty if `name` is not a host name.
std::string normal_name(std::string_view name);
/// The normalised name that the client of this connection sent; empty if there is none.
std::string requested_name(const SSL* ssl);

/// Contexts by host name and by wildcard. Does not own them.
class server_names {
 public:
  /// False if `name` is neither a host name nor "*." and a host name. The first context of a name stays.
  bool add(std::string_view name, SSL_CTX* context);
  /// For a normalised name: that of the name itself, or of the wildcard in place of its first label; null if
  /// there is none.
  SSL_CTX* find(const std::string& name) const;

 private:
  std::unordered_map<std::string, SSL_CTX*> contexts_;
};

}  // namespace bight::net::tls
