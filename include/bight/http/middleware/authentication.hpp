// basic_authentication, bearer_authentication: who may use a server.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/auth.hpp>
#include <bight/http/handler.hpp>
#include <bight/http/server_request.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http {

/// The user of basic_authentication: `request.get<http::authenticated_user>()->name`.
struct authenticated_user {
  std::string name;
};

/// Options of both. Not an aggregate, so that it is safe in co_await expressions.
struct authentication_options {
  authentication_options() {}

  /// The protected area, as browsers show it.
  std::string realm = "restricted";
};

/// Whether the password is that of the user. May store values in the request. Lifetime: the views are valid
/// until the request has been answered.
using basic_verifier =
    unique_function<awaitable<bool>(server_request&, std::string_view user, std::string_view password)>;
/// Whether the token is valid. May store values in the request. Lifetime: as above.
using bearer_verifier = unique_function<awaitable<bool>(server_request&, std::string_view token)>;

/// Requires Basic authentication (RFC 7617); else 401. Stores the authenticated_user. Comparing credentials
/// takes the same time wherever they differ. Passwords are sent in clear text: use TLS. Errors:
/// errc::invalid_header if the realm is not a field value.
///
///     around.push_back(http::basic_authentication({http::basic_auth{"ada", password}}));
middleware basic_authentication(const std::vector<basic_auth>& users, authentication_options options = {});
/// Same with credentials that `verify` checks, for example in a database. It is responsible for taking
/// constant time.
middleware basic_authentication(basic_verifier verify, authentication_options options = {});

/// Requires Bearer authentication (RFC 6750): 401 without a token or with an invalid one, and 400 if
/// Authorization is malformed. Otherwise as above.
middleware bearer_authentication(const std::vector<bearer_auth>& tokens, authentication_options options = {});
middleware bearer_authentication(bearer_verifier verify, authentication_options options = {});

}  // namespace bight::http
