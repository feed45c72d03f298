// basic_auth, bearer_auth, digest_auth: how a client proves who it is.
#pragma once
#include <string>
#include <variant>

namespace bight::http {

/// A user name and password for Basic authentication (RFC 7617): sent with every request, in clear text.
class basic_auth {
 public:
  /// In UTF-8. Errors: errc::invalid_credentials for control characters, or a colon in the user name.
  basic_auth(std::string user, std::string password);
  const std::string& user() const noexcept { return user_; }
  const std::string& password() const noexcept { return password_; }
  /// The value of Authorization or Proxy-Authorization.
  std::string authorization() const;

 private:
  std::string user_;
  std::string password_;
};

/// A token for Bearer authentication (RFC 6750).
class bearer_auth {
 public:
  /// Errors: errc::invalid_credentials unless it is one or more letters, digits, "-._~+/", and "=" at its
  /// end.
  explicit bearer_auth(std::string token);
  const std::string& token() const noexcept { return token_; }
  /// The value of Authorization.
  std::string authorization() const;

 private:
  std::string token_;
};

/// A user name and password for Digest authentication (RFC 7616): the password is never sent. The first
/// request is answered with a challenge; the client answers it, and later requests to the same place without
/// being asked. SHA-256 is preferred to MD5; qop "auth" and none are supported, "auth-int" is not.
class digest_auth {
 public:
  /// In UTF-8. Errors: errc::invalid_credentials for control characters, or a colon in the user name.
  digest_auth(std::string user, std::string password);
  const std::string& user() const noexcept { return user_; }
  const std::string& password() const noexcept { return password_; }

 private:
  std::string user_;
  std::string password_;
};

/// Any of them.
using any_auth = std::variant<basic_auth, bearer_auth, digest_auth>;

}  // namespace bight::http
