#include <bight/http/auth.hpp>

#include <algorithm>
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <string_view>
#include <utility>

#include "http/auth/base64.hpp"
#include "http/auth/token68.hpp"

namespace bight::http {
namespace {

// The credentials themselves are not part of the text: it may end up in a log.
void check_user(const std::string& user, const std::string& password, const char* scheme) {
  const auto refuse = [scheme](const char* why) {
    throw boost::system::system_error(make_error_code(errc::invalid_credentials),
                                      std::string{scheme} + " authentication: " + why);
  };
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(user.begin(), user.end(), is_control)) refuse("control character in the user name");
  if (std::any_of(password.begin(), password.end(), is_control)) refuse("control character in the password");
  if (user.find(':') != user.npos) refuse("colon in the user name");
}

}  // namespace

basic_auth::basic_auth(std::string user, std::string password)
    : user_(std::move(user)), password_(std::move(password)) {
  check_user(user_, password_, "Basic");
}

std::string basic_auth::authorization() const {
  std::string value = "Basic ";
  auth_detail::append_base64(value, user_ + ':' + password_);
  return value;
}

bearer_auth::bearer_auth(std::string token) : token_(std::move(token)) {
  if (auth_detail::token68_size(token_) != token_.size() || token_.empty())
    throw boost::system::system_error(make_error_code(errc::invalid_credentials),
                                      "Bearer authentication: the token is empty or has other characters");
}

std::string bearer_auth::authorization() const { return "Bearer " + token_; }

digest_auth::digest_auth(std::string user, std::string password)
    : user_(std::move(user)), password_(std::move(password)) {
  check_user(user_, password_, "Digest");
}

}  // namespace bight::http
