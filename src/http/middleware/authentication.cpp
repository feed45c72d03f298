#include <bight/http/middleware/authentication.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include "http/auth/base64.hpp"
#include "http/auth/token68.hpp"
#include "http/h1/chars.hpp"
#include "http/server/plain_text.hpp"

namespace bight::http {
namespace {

using secret_digest = std::array<unsigned char, 32>;

secret_digest digest_of(std::string_view text) {
  secret_digest out{};
  if (EVP_Digest(text.data(), text.size(), out.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("bight: SHA-256 is not available in this OpenSSL");
  return out;
}

// Compares digests, and all of them, so that the time shows neither the length of a secret nor how much of it
// was right.
class secret_set {
 public:
  void add(std::string_view secret) { digests_.push_back(digest_of(secret)); }
  bool contains(std::string_view guess) const {
    const auto wanted = digest_of(guess);
    bool found = false;
    for (const auto& one : digests_)
      found = (CRYPTO_memcmp(one.data(), wanted.data(), wanted.size()) == 0) || found;
    return found;
  }

 private:
  std::vector<secret_digest> digests_;
};

std::string pair_of(std::string_view user, std::string_view password) {
  return std::string{user}.append(":").append(password);  // a user name has no colon
}

// `Scheme realm="..."`.
std::string challenge_for(std::string_view scheme, const authentication_options& options) {
  if (!is_field_value(options.realm) && !options.realm.empty())
    throw boost::system::system_error(make_error_code(errc::invalid_header), "authentication_options::realm");
  auto out = std::string{scheme} + " realm=\"";
  for (const char c : options.realm) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

server_response refuse_access(status code, const std::string& challenge, std::string_view why) {
  auto response = detail::plain_text(code, why);
  response.headers().append(header_id::www_authenticate, challenge);
  return response;
}

// What follows the scheme; nullopt for another scheme.
std::optional<std::string_view> credentials_of(headers_view fields, std::string_view scheme) {
  const auto value = fields.get(header_id::authorization);
  if (!value || value->size() <= scheme.size() || (*value)[scheme.size()] != ' ' ||
      !equal_ignoring_case(value->substr(0, scheme.size()), scheme))
    return std::nullopt;
  return h1::trim_ows(value->substr(scheme.size()));
}

class basic_guard {
 public:
  basic_guard(basic_verifier verify, const authentication_options& options)
      : verify_(std::move(verify)), challenge_(challenge_for("Basic", options) + ", charset=\"UTF-8\"") {}

  awaitable<server_response> operator()(server_request& request, next rest) {
    bool valid = false;
    std::string login;
    if (auto known = login_of(request.headers())) {
      login = std::move(*known);
      const auto colon = login.find(':');
      const auto user = std::string_view{login}.substr(0, colon);
      auto check = verify_(request, user, std::string_view{login}.substr(colon + 1));
      valid = co_await std::move(check);
      if (valid) request.set(authenticated_user{std::string{user}});
    }
    if (!valid)
      co_return refuse_access(status::unauthorized, challenge_, "a user name and password are required");
    co_return co_await rest(request);
  }

 private:
  // "user:password".
  static std::optional<std::string> login_of(headers_view fields) {
    if (fields.is_repeated(header_id::authorization)) return std::nullopt;
    const auto credentials = credentials_of(fields, "Basic");
    if (!credentials) return std::nullopt;
    auto login = auth_detail::decode_base64(*credentials);
    if (login && login->find(':') == login->npos) return std::nullopt;
    return login;
  }

  basic_verifier verify_;
  std::string challenge_;
};

class bearer_guard {
 public:
  bearer_guard(bearer_verifier verify, const authentication_options& options)
      : verify_(std::move(verify)), challenge_(challenge_for("Bearer", options)) {}

  awaitable<server_response> operator()(server_request& request, next rest) {
    const auto fields = request.headers();
    const auto token = credentials_of(fields, "Bearer");
    if (fields.is_repeated(header_id::authorization) ||
        (token && auth_detail::token68_size(*token) != token->size()))
      co_return refuse_access(status::bad_request, challenge_ + ", error=\"invalid_request\"",
                              "malformed Authorization");
    if (!token || token->empty())
      co_return refuse_access(status::unauthorized, challenge_, "a token is required");
    auto check = verify_(request, *token);
    const bool valid = co_await std::move(check);
    if (!valid)
      co_return refuse_access(status::unauthorized, challenge_ + ", error=\"invalid_token\"",
                              "the token is not valid");
    co_return co_await rest(request);
  }

 private:
  bearer_verifier verify_;
  std::string challenge_;
};

awaitable<bool> ready(bool value) { co_return value; }

}  // namespace

middleware basic_authentication(basic_verifier verify, authentication_options options) {
  return basic_guard{std::move(verify), options};
}

middleware basic_authentication(const std::vector<basic_auth>& users, authentication_options options) {
  secret_set known;
  for (const auto& u : users) known.add(pair_of(u.user(), u.password()));
  return basic_authentication(
      [known = std::move(known)](server_request&, std::string_view user, std::string_view password) {
        return ready(known.contains(pair_of(user, password)));
      },
      std::move(options));
}

middleware bearer_authentication(bearer_verifier verify, authentication_options options) {
  return bearer_guard{std::move(verify), options};
}

middleware bearer_authentication(const std::vector<bearer_auth>& tokens, authentication_options options) {
  secret_set known;
  for (const auto& t : tokens) known.add(t.token());
  return bearer_authentication(
      [known = std::move(known)](server_request&, std::string_view token) {
        return ready(known.contains(token));
      },
      std::move(options));
}

}  // namespace bight::http
