#include <bight/api/security.hpp>

namespace bight::api {

oauth2 oauth2::password(std::string token_url) {
  oauth2 made;
  made.flow = "password";
  made.token_url = std::move(token_url);
  return made;
}

oauth2 oauth2::client_credentials(std::string token_url) {
  oauth2 made;
  made.flow = "clientCredentials";
  made.token_url = std::move(token_url);
  return made;
}

oauth2 oauth2::authorization_code(std::string authorization_url, std::string token_url) {
  oauth2 made;
  made.flow = "authorizationCode";
  made.authorization_url = std::move(authorization_url);
  made.token_url = std::move(token_url);
  return made;
}

}  // namespace bight::api
