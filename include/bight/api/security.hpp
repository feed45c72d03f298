// api_key, oauth2, authorized: how requests say who asks.
#pragma once
#include <bight/api/parameter.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::api {

/// Where a key is that says who asks. Trivially copyable.
///
///     routes.provide_api_key(api::api_key::header("X-API-Key"), find_customer);
class api_key {
 public:
  static constexpr api_key header(std::string_view name) { return {parameter_place::header, name}; }
  /// Note: URLs, with their queries, are in logs.
  static constexpr api_key query(std::string_view name) { return {parameter_place::query, name}; }
  static constexpr api_key cookie(std::string_view name) { return {parameter_place::cookie, name}; }

  parameter_place where;
  std::string_view name;

 private:
  constexpr api_key(parameter_place w, std::string_view n) noexcept : where(w), name(n) {}
};

/// An OAuth2 server, for the document: where tokens come from, and what their scopes mean. Not an aggregate,
/// so that it is safe in co_await expressions.
class oauth2 {
 public:
  /// Tokens for a name and a password (flow "password"), as of the API's own login.
  static oauth2 password(std::string token_url);
  /// Tokens for programs (flow "clientCredentials").
  static oauth2 client_credentials(std::string token_url);
  /// Tokens by way of a page on which people log in (flow "authorizationCode").
  static oauth2 authorization_code(std::string authorization_url, std::string token_url);

  /// Adds a scope and its meaning.
  oauth2& scope(std::string name, std::string meaning) & {
    scopes.emplace_back(std::move(name), std::move(meaning));
    return *this;
  }
  oauth2 scope(std::string name, std::string meaning) && {
    return std::move(scope(std::move(name), std::move(meaning)));
  }

  std::string flow;
  std::string authorization_url;
  std::string token_url;
  std::vector<std::pair<std::string, std::string>> scopes;

 private:
  oauth2() = default;
};

/// Who asks, and what the token allows.
template <class T>
class authorized {
 public:
  authorized(T v, std::vector<std::string> s) : value(std::move(v)), scopes(std::move(s)) {}

  T value;
  std::vector<std::string> scopes;
};

}  // namespace bight::api
