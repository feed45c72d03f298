// jwt_verifier, issue_jwt: signed tokens (JSON Web Tokens).
#pragma once
#include <bight/core/clock.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::api {

/// A token that is not accepted. `what` says why, for logs: "jwt: expired".
class jwt_error : public std::runtime_error {
 public:
  explicit jwt_error(const std::string& why) : std::runtime_error("jwt: " + why) {}
};

/// A key, and the one algorithm that it is for. Tokens that name another algorithm are refused, so that a
/// public key is never taken for the secret of an HMAC; so is "none". Cheap to copy.
class jwt_key {
 public:
  /// HS256: HMAC with SHA-256, for a program that verifies what it has issued. Errors: std::invalid_argument
  /// for a secret of less than 32 bytes (RFC 7518 3.2).
  static jwt_key hs256(std::string secret);
  /// RS256: the public key of an RSA signature in PEM. Errors: std::invalid_argument unless it is an RSA key
  /// of 2048 bits or more.
  static jwt_key rs256(std::string_view pem);
  /// ES256: the public key of an ECDSA signature in PEM. Errors: std::invalid_argument unless it is on P-256.
  static jwt_key es256(std::string_view pem);

  /// The id of the key (`kid`), by which tokens name one of several.
  jwt_key& id(std::string text) &;
  jwt_key id(std::string text) &&;

 private:
  friend struct jwt_access;
  struct state;
  explicit jwt_key(std::shared_ptr<state> s) noexcept;
  std::shared_ptr<state> state_;
};

/// What a token says (RFC 7519 4.1).
class jwt_claims {
 public:
  jwt_claims() = default;
  explicit jwt_claims(boost::json::object all) : all_(std::move(all)) {}

  /// Empty if absent, as the others are.
  std::string_view subject() const noexcept { return text("sub"); }
  std::string_view issuer() const noexcept { return text("iss"); }
  /// The words of `scope` (RFC 8693 4.2).
  std::vector<std::string> scopes() const;
  std::optional<wall_clock::time_point> expires() const { return time("exp"); }
  /// A claim; null if absent.
  const boost::json::value* find(std::string_view name) const noexcept { return all_.if_contains(name); }
  const boost::json::object& all() const noexcept { return all_; }

  jwt_claims& subject(std::string_view value) { return set("sub", value); }
  jwt_claims& issuer(std::string_view value) { return set("iss", value); }
  jwt_claims& audience(std::string_view value) { return set("aud", value); }
  jwt_claims& scopes(const std::vector<std::string>& words);
  /// Sets a claim to a text, a number, a boolean, or any other JSON.
  template <class T>
  jwt_claims& set(std::string_view name, T value) {
    if constexpr (std::convertible_to<T, std::string_view>)
      all_[name] = boost::json::string(std::string_view{value});
    else
      all_[name] = std::move(value);
    return *this;
  }

 private:
  std::string_view text(std::string_view name) const noexcept;
  std::optional<wall_clock::time_point> time(std::string_view name) const;
  boost::json::object all_;
};

/// What tokens must fulfil. Not an aggregate, so that it is safe in co_await expressions.
class jwt_options {
 public:
  jwt_options() {}

  std::string issuer;    ///< Required `iss`; empty: any.
  std::string audience;  ///< Required in `aud`; empty: tokens for a named audience are refused.
  bool require_expiry = true;
  std::chrono::seconds leeway{30};   ///< How far clocks may differ.
  std::size_t max_size = 16 * 1024;  ///< Of a token in bytes.
};

/// Verifies tokens: signature, then time and audience. Time is wall_clock's.
///
///     api::jwt_options options;
///     options.issuer = "https://login.example";
///     options.audience = "shop";
///     const api::jwt_verifier tokens{api::jwt_key::rs256(pem), options};
///     routes.provide_bearer([tokens](const std::string& token) -> std::optional<user> {
///       const auto claims = tokens.accept(token);
///       if (!claims) return std::nullopt;
///       return user{std::string{claims->subject()}};
///     });
///
/// Concurrency: any number of calls. Cheap to copy.
class jwt_verifier {
 public:
  explicit jwt_verifier(jwt_key key, jwt_options options = {});
  /// Several keys, as while keys are exchanged. A token that names one with `kid` is verified with that; one
  /// that names none, with each key of its algorithm.
  explicit jwt_verifier(std::vector<jwt_key> keys, jwt_options options = {});

  /// Returns: what the token says. Errors: jwt_error. It is refused if it is not three parts in base64url
  /// (RFC 7515 3.1), has a critical header (`crit`), is not signed by a key, is expired (`exp`), not valid
  /// yet
  /// (`nbf`, `iat`), or of another issuer or audience.
  jwt_claims verify(std::string_view token) const;
  /// Same, nullopt for a token that is not accepted.
  std::optional<jwt_claims> accept(std::string_view token) const;

 private:
  struct state;
  std::shared_ptr<const state> state_;
};

/// Issues a token that is valid from now on, for `lifetime`; sets `iat` and `exp`. Errors:
/// std::invalid_argument for a key that is not of HS256, or a lifetime that is not positive.
///
///     api::jwt_claims claims;
///     claims.subject("ann").scopes({"notes:read"});
///     const auto token = api::issue_jwt(key, claims, 15min);
std::string issue_jwt(const jwt_key& key, jwt_claims claims, std::chrono::seconds lifetime);

}  // namespace bight::api
