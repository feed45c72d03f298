#include <bight/api/jwt.hpp>

#include <algorithm>
#include <bight/http/detail/json_read.hpp>
#include <cmath>
#include <utility>

#include "api/base64.hpp"
#include "api/signature.hpp"

namespace bight::api {

namespace json = boost::json;

struct jwt_key::state {
  detail::signature_key key;
  std::string id;
};

struct jwt_access {
  static const jwt_key::state& of(const jwt_key& key) noexcept { return *key.state_; }
  static jwt_key make(detail::signature_key key) {
    return jwt_key{std::make_shared<jwt_key::state>(jwt_key::state{std::move(key), {}})};
  }
};

jwt_key::jwt_key(std::shared_ptr<state> s) noexcept : state_(std::move(s)) {}
jwt_key jwt_key::hs256(std::string secret) {
  return jwt_access::make(detail::signature_key::hs256(std::move(secret)));
}
jwt_key jwt_key::rs256(std::string_view pem) { return jwt_access::make(detail::signature_key::rs256(pem)); }
jwt_key jwt_key::es256(std::string_view pem) { return jwt_access::make(detail::signature_key::es256(pem)); }
jwt_key& jwt_key::id(std::string text) & {
  // Copies share the key, but not its id.
  state_ = std::make_shared<state>(state{state_->key, std::move(text)});
  return *this;
}
jwt_key jwt_key::id(std::string text) && { return std::move(id(std::move(text))); }

std::string_view jwt_claims::text(std::string_view name) const noexcept {
  const auto* const found = all_.if_contains(name);
  const auto* const value = found ? found->if_string() : nullptr;
  return value ? std::string_view{value->data(), value->size()} : std::string_view{};
}

std::optional<wall_clock::time_point> jwt_claims::time(std::string_view name) const {
  const auto* const found = all_.if_contains(name);
  if (!found || !found->is_number()) return std::nullopt;
  const auto n = found->to_number<double>();
  // Beyond them, system_clock overflows.
  constexpr double most = 9e9;
  const auto seconds = std::chrono::duration<double>{std::clamp(n, -most, most)};
  return wall_clock::time_point{std::chrono::duration_cast<wall_clock::duration>(seconds)};
}

std::vector<std::string> jwt_claims::scopes() const {
  std::vector<std::string> out;
  auto rest = text("scope");
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    if (end != 0) out.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

jwt_claims& jwt_claims::scopes(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words) all.append(all.empty() ? "" : " ").append(word);
  return set("scope", all);
}

struct jwt_verifier::state {
  std::vector<jwt_key> keys;
  jwt_options options;
};

namespace {

constexpr std::size_t max_depth = 8;

json::object part(std::string_view text, const char* which) {
  const auto bytes = detail::from_base64url(text);
  if (!bytes) throw jwt_error(std::string{"the "} + which + " is not base64url");
  try {
    auto v = http::detail::parse_json(*bytes, max_depth);
    if (auto* const object = v.if_object()) return std::move(*object);
  } catch (const http::json_error&) {}
  throw jwt_error(std::string{"the "} + which + " is not a JSON object");
}

struct token_parts {
  std::string_view signed_text;
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
};

token_parts split(std::string_view token) {
  const auto first = token.find('.');
  const auto second = first == token.npos ? first : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos)
    throw jwt_error("not three parts with dots between them");
  return {token.substr(0, second), token.substr(0, first), token.substr(first + 1, second - first - 1),
          token.substr(second + 1)};
}

std::string_view text_of(const json::object& object, std::string_view name) {
  const auto* const found = object.if_contains(name);
  if (!found) return {};
  const auto* const text = found->if_string();
  if (!text) throw jwt_error(std::string{"the header's '"}.append(name) + "' is not a text");
  return {text->data(), text->size()};
}

void check_signature(const std::vector<jwt_key>& keys, const json::object& header, const token_parts& parts) {
  if (header.contains("crit")) throw jwt_error("it has critical headers, of which none is known");
  const auto algorithm = text_of(header, "alg");
  const auto id = text_of(header, "kid");
  const auto signature = detail::from_base64url(parts.signature);
  if (!signature) throw jwt_error("the signature is not base64url");
  bool tried = false;
  for (const auto& k : keys) {
    const auto& key = jwt_access::of(k);
    // The key says which algorithm is used, the token only which key.
    if (key.key.algorithm() != algorithm) continue;
    if (!id.empty() && !key.id.empty() && id != key.id) continue;
    tried = true;
    if (key.key.verify(parts.signed_text, *signature)) return;
  }
  if (!tried) throw jwt_error("no key of its algorithm and id");
  throw jwt_error("the signature is wrong");
}

void require_number(const json::object& claims, std::string_view name) {
  const auto* const found = claims.if_contains(name);
  if (found && (!found->is_number() || !std::isfinite(found->to_number<double>())))
    throw jwt_error(std::string{"'"}.append(name) + "' is not a number");
}

void check_times(const jwt_claims& claims, const jwt_options& options) {
  for (const std::string_view name : {"exp", "nbf", "iat"}) require_number(claims.all(), name);
  const auto now = std::chrono::duration<double>{wall_clock::now().time_since_epoch()}.count();
  const auto leeway = static_cast<double>(options.leeway.count());
  const auto number = [&](std::string_view name) { return claims.find(name)->to_number<double>(); };
  if (!claims.find("exp")) {
    if (options.require_expiry) throw jwt_error("it has no 'exp'");
  } else if (now >= number("exp") + leeway) {
    throw jwt_error("expired");
  }
  for (const std::string_view name : {"nbf", "iat"})
    if (claims.find(name) && now < number(name) - leeway) throw jwt_error("not valid yet");
}

bool is_audience(const json::value& given, std::string_view wanted) {
  if (const auto* const text = given.if_string()) return std::string_view{*text} == wanted;
  const auto* const list = given.if_array();
  return list && std::any_of(list->begin(), list->end(), [&](const auto& one) {
           return one.is_string() && std::string_view{one.get_string()} == wanted;
         });
}

void check_parties(const jwt_claims& claims, const jwt_options& options) {
  if (!options.issuer.empty() && claims.issuer() != options.issuer) throw jwt_error("of another issuer");
  const auto* const audience = claims.find("aud");
  if (options.audience.empty() ? audience != nullptr : !audience || !is_audience(*audience, options.audience))
    throw jwt_error("for another audience");
}

}  // namespace

jwt_verifier::jwt_verifier(jwt_key key, jwt_options options)
    : jwt_verifier(std::vector<jwt_key>{std::move(key)}, std::move(options)) {}

jwt_verifier::jwt_verifier(std::vector<jwt_key> keys, jwt_options options)
    : state_(std::make_shared<state>(state{std::move(keys), std::move(options)})) {}

jwt_claims jwt_verifier::verify(std::string_view token) const {
  const auto& options = state_->options;
  if (token.size() > options.max_size)
    throw jwt_error("larger than " + std::to_string(options.max_size) + " bytes");
  const auto parts = split(token);
  check_signature(state_->keys, part(parts.header, "header"), parts);
  jwt_claims claims{part(parts.payload, "payload")};
  check_times(claims, options);
  check_parties(claims, options);
  return claims;
}

std::optional<jwt_claims> jwt_verifier::accept(std::string_view token) const {
  try {
    return verify(token);
  } catch (const jwt_error&) { return std::nullopt; }
}

std::string issue_jwt(const jwt_key& k, jwt_claims claims, std::chrono::seconds lifetime) {
  const auto& key = jwt_access::of(k);
  if (lifetime <= std::chrono::seconds{0})
    throw std::invalid_argument{"bight: issue_jwt: the lifetime is not positive"};
  const auto now = std::chrono::floor<std::chrono::seconds>(wall_clock::now().time_since_epoch()).count();
  claims.set("iat", now).set("exp", now + lifetime.count());
  json::object header{{"alg", key.key.algorithm()}, {"typ", "JWT"}};
  if (!key.id.empty()) header["kid"] = key.id;
  auto text = detail::to_base64url(json::serialize(header));
  text.append(".").append(detail::to_base64url(json::serialize(claims.all())));
  const auto signature = key.key.sign(text);
  return text.append(".").append(detail::to_base64url(signature));
}

}  // namespace bight::api
