// Digest authentication (RFC 7616; RFC 2617 and RFC 2069 of older servers), without I/O.
#pragma once
#include <bight/http/auth.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/auth/challenge.hpp"

namespace bight::http::auth_detail {

enum class digest_algorithm : std::uint8_t { md5, md5_sess, sha256, sha256_sess };

/// What a Digest challenge asks for.
struct digest_challenge {
  std::string realm;
  std::string nonce;
  std::optional<std::string> opaque;
  digest_algorithm algorithm = digest_algorithm::md5;
  bool algorithm_stated = false;
  bool qop = false;       ///< qop=auth; false: none, as in RFC 2069.
  bool stale = false;     ///< The nonce was too old, the password was right.
  bool userhash = false;  ///< The user name is to be sent hashed.

  /// Returns: nullopt if it is of another scheme or algorithm, offers nothing but auth-int, or lacks realm or
  /// nonce.
  static std::optional<digest_challenge> from(const challenge& c);
  /// The strongest that is supported; among equals the first.
  static std::optional<digest_challenge> choose(std::span<const challenge> challenges);
};

/// The hash of a text in hexadecimal. Errors: std::runtime_error where MD5 is not allowed (FIPS mode).
std::string digest_hash(digest_algorithm algorithm, std::string_view text);

/// Answers the challenges of one protection space.
class digest_session {
 public:
  explicit digest_session(digest_auth who);

  /// A response 401 or 407 came. `attempts`: how many answers of this session the request has carried before.
  /// Returns: whether to send it again, with a new answer. A wrong password is not tried twice.
  bool challenged(std::span<const challenge> challenges, unsigned attempts);
  /// The value of Authorization or Proxy-Authorization for a request; empty before the first challenge.
  /// `target`: the request target as sent.
  std::string authorization(std::string_view method, std::string_view target);
  /// Authentication-Info or Proxy-Authentication-Info of a response: it may name the next nonce.
  void authenticated(std::string_view authentication_info);

  /// For tests: a known nonce of the client.
  void set_client_nonce(std::string cnonce) { cnonce_ = std::move(cnonce); }

 private:
  std::string first_hash() const;
  std::string response(std::string_view method, std::string_view target, std::string_view count) const;

  digest_auth who_;
  std::optional<digest_challenge> challenge_;
  std::string cnonce_;  // one per challenge: servers differ in whether the sess algorithms may see another
  std::string first_hash_;   // H(A1)
  std::uint32_t count_ = 0;  // requests with this nonce
};

}  // namespace bight::http::auth_detail
