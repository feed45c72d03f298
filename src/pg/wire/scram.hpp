// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS of a client (RFC 5802, RFC 7677).
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bight::pg::wire {

/// The keys that are derived from a password, which takes about a millisecond: connections of one pool share
/// them. Concurrency: one thread.
class scram_keys {
 public:
  struct derived {
    std::string client;
    std::string server;
  };
  const derived& of(std::string_view password, std::string_view salt, unsigned iterations);
  /// How often keys had to be derived.
  std::size_t derivations() const noexcept { return derivations_; }

 private:
  struct entry {
    std::string password;
    std::string salt;
    unsigned iterations = 0;
    derived keys;
  };
  static constexpr std::size_t max_entries = 8;
  std::vector<entry> entries_;
  std::size_t derivations_ = 0;
};

/// Whether, and with what, the exchange is bound to the TLS connection.
enum class binding : char {
  none = 'n',      ///< Not possible.
  possible = 'y',  ///< Possible, but the server does not offer it; a server that did knows of an attack.
  required = 'p',  ///< tls-server-end-point.
};

class scram_client {
 public:
  /// More iterations than this are refused: they would block the loop.
  static constexpr unsigned max_iterations = 1'000'000;

  /// `data`: of the channel binding, if that is required.
  scram_client(scram_keys& keys, std::string_view password, binding b, std::string_view data,
               std::string nonce);

  /// The client-first-message.
  std::string first() const;
  /// Takes the server-first-message and returns the client-final-message; empty: `failure` says why.
  std::string answer(std::string_view server_first);
  /// Takes the server-final-message. False: the server does not know the password, or `failure`.
  bool verify(std::string_view server_final);
  bool verified() const noexcept { return verified_; }
  const char* failure() const noexcept { return failure_; }

 private:
  std::string fail(const char* why) {
    failure_ = why;
    return {};
  }
  std::string header() const;

  scram_keys* keys_;
  std::string password_;
  binding binding_;
  std::string data_;
  std::string nonce_;
  std::string server_signature_;
  bool verified_ = false;
  const char* failure_ = "";
};

}  // namespace bight::pg::wire
