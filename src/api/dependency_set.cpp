#include <bight/api/detail/dependency_set.hpp>

#include <algorithm>
#include <bight/http/problem.hpp>
#include <optional>
#include <stdexcept>

#include "api/base64.hpp"

namespace bight::api::detail {
namespace {

// Those of one request. Later ones may refer to earlier ones, so they are destroyed from behind.
struct resolved_values {
  struct entry {
    const void* tag;
    std::shared_ptr<void> value;
  };

  resolved_values() = default;
  resolved_values(resolved_values&&) noexcept = default;
  ~resolved_values() {
    while (!entries.empty()) entries.pop_back();
  }
  const entry* find(const void* tag) const noexcept {
    const auto at =
        std::find_if(entries.begin(), entries.end(), [tag](const auto& e) { return e.tag == tag; });
    return at == entries.end() ? nullptr : &*at;
  }

  std::vector<entry> entries;
};

resolved_values& values_of(http::server_request& request) {
  if (auto* const there = request.get<resolved_values>()) return *there;
  return request.set(resolved_values{});
}

struct response_headers {
  http::headers fields;
};

awaitable<void> make(http::server_request& request, const operation_info& info, const dependency_set& set,
                     const void* tag) {
  if (values_of(request).find(tag)) co_return;
  const auto& provider = *set.find(tag);
  co_await resolve(request, info, set, provider.needs);
  auto made = co_await provider.make(request, info);
  resolved_values::entry e{tag, std::move(made)};
  values_of(request).entries.push_back(std::move(e));
}

bool is_token_character(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view{"-._~+/"}.find(c) != std::string_view::npos;
}

http::problem unauthorized(std::string detail, std::string_view challenge) {
  return http::problem{http::status::unauthorized, std::move(detail)}.header("WWW-Authenticate", challenge);
}

bool is_bearer(const security_scheme& scheme) noexcept {
  return scheme.how == security_scheme::method::bearer || scheme.how == security_scheme::method::oauth2;
}

std::string challenge_of(const security_scheme& scheme) {
  if (is_bearer(scheme)) return "Bearer";
  if (scheme.how == security_scheme::method::basic) return R"(Basic realm="api", charset="UTF-8")";
  return "ApiKey";
}

// What follows the name of the scheme in Authorization; nothing if it is another one.
std::optional<std::string_view> authorization(const http::server_request& request, std::string_view scheme) {
  const auto given = request.headers().get("Authorization");
  if (!given || given->find(' ') != scheme.size()) return std::nullopt;
  const bool is_same = std::equal(scheme.begin(), scheme.end(), given->begin(), [](char a, char b) {
    return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b);
  });
  if (!is_same) return std::nullopt;
  auto rest = given->substr(scheme.size());
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  return rest;
}

// RFC 6750 2.1.
credentials bearer_token(const http::server_request& request, const security_scheme& scheme) {
  const auto token = authorization(request, "bearer");
  if (!token) throw unauthorized("a bearer token is required", challenge_of(scheme));
  auto plain = *token;
  while (plain.ends_with('=')) plain.remove_suffix(1);
  if (plain.empty() || !std::all_of(plain.begin(), plain.end(), is_token_character))
    refuse_credentials(scheme);
  credentials found;
  found.first = *token;
  return found;
}

// RFC 7617.
credentials basic_credentials(const http::server_request& request, const security_scheme& scheme) {
  const auto given = authorization(request, "basic");
  if (!given) throw unauthorized("a name and a password are required", challenge_of(scheme));
  const auto text = from_base64(*given);
  const auto colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) refuse_credentials(scheme);
  credentials found;
  found.first = text->substr(0, colon);
  found.second = text->substr(colon + 1);
  return found;
}

credentials api_key_of(const http::server_request& request, const security_scheme& scheme) {
  std::optional<std::string_view> key;
  if (scheme.where == parameter_place::header)
    key = request.headers().get(scheme.name);
  else if (scheme.where == parameter_place::query)
    key = request.query_params().get(scheme.name);
  else
    key = request.cookie(scheme.name);
  if (!key || key->empty())
    throw unauthorized("the key '" + scheme.name + "' is required", challenge_of(scheme));
  credentials found;
  found.first = *key;
  return found;
}

}  // namespace

const dependency_set::provider* dependency_set::find(const void* tag) const noexcept {
  for (const auto* set = this; set; set = set->outer.get())
    for (const auto& p : set->providers)
      if (p.key.tag == tag) return &p;
  return nullptr;
}

void dependency_set::collect_schemes(std::span<const dependency_key> keys,
                                     std::vector<const security_scheme*>& to) const {
  for (const auto& key : keys) {
    const auto* const p = key.tag ? find(key.tag) : nullptr;
    if (!p) continue;
    const auto is_it = [&](const auto* other) { return is_same(*other, *p->scheme); };
    if (p->scheme && std::none_of(to.begin(), to.end(), is_it)) to.push_back(&*p->scheme);
    collect_schemes(p->needs, to);
  }
}

std::vector<dependency_key> dependency_set::all_required() const {
  auto all = outer ? outer->all_required() : std::vector<dependency_key>{};
  all.insert(all.end(), required.begin(), required.end());
  return all;
}

void dependency_set::check(std::span<const dependency_key> keys, std::string_view where) const {
  std::vector<const void*> path;
  check(keys, where, path);
}

void dependency_set::check(std::span<const dependency_key> keys, std::string_view where,
                           std::vector<const void*>& path) const {
  const auto fail = [&](std::string_view name, std::string_view why) {
    throw std::logic_error{std::string{"bight: api: "}
                               .append(where)
                               .append(": the dependency '")
                               .append(name)
                               .append("' ")
                               .append(why)};
  };
  for (const auto& key : keys) {
    if (!key.tag) continue;
    const auto* const p = find(key.tag);
    if (!p) fail(key.name, "has no provider: call router::provide");
    if (std::find(path.begin(), path.end(), key.tag) != path.end()) fail(key.name, "needs itself");
    path.push_back(key.tag);
    check(p->needs, where, path);
    path.pop_back();
  }
}

awaitable<void> resolve(http::server_request& request, const operation_info& info, const dependency_set& set,
                        std::span<const dependency_key> keys) {
  for (const auto& key : keys)
    if (key.tag) co_await make(request, info, set, key.tag);
}

awaitable<void> resolve_required(http::server_request& request, const operation_info& info,
                                 const dependency_set& set) {
  if (set.outer) co_await resolve_required(request, info, *set.outer);
  co_await resolve(request, info, set, set.required);
}

http::headers& response_fields(http::server_request& request) {
  if (auto* const there = request.get<response_headers>()) return there->fields;
  return request.set(response_headers{}).fields;
}

void add_response_fields(const http::server_request& request, http::server_response& response) {
  const auto* const there = request.get<response_headers>();
  if (!there) return;
  // In place of ours: a response has one Content-Type.
  for (const auto& [name, value] : there->fields) response.headers().remove(name);
  for (const auto& [name, value] : there->fields) response.headers().append(name, value);
}

std::shared_ptr<void> resolved(http::server_request& request, const void* tag) {
  return values_of(request).find(tag)->value;
}

bool is_same(const security_scheme& a, const security_scheme& b) noexcept {
  if (a.how != b.how || a.where != b.where || a.name != b.name ||
      a.server.has_value() != b.server.has_value())
    return false;
  return !a.server || (a.server->flow == b.server->flow && a.server->token_url == b.server->token_url &&
                       a.server->authorization_url == b.server->authorization_url);
}

std::string security_scheme::id() const {
  switch (how) {
    case method::bearer:
      return "bearer";
    case method::basic:
      return "basic";
    case method::oauth2:
      return "oauth2";
    default:
      return name;
  }
}

credentials read_credentials(const http::server_request& request, const security_scheme& scheme) {
  switch (scheme.how) {
    case security_scheme::method::basic:
      return basic_credentials(request, scheme);
    case security_scheme::method::api_key:
      return api_key_of(request, scheme);
    default:
      return bearer_token(request, scheme);
  }
}

void refuse_credentials(const security_scheme& scheme) {
  if (is_bearer(scheme))
    throw unauthorized("the bearer token is not accepted", R"(Bearer error="invalid_token")");
  throw unauthorized(scheme.how == security_scheme::method::basic ? "the name or the password is wrong"
                                                                  : "the key is not accepted",
                     challenge_of(scheme));
}

void check_scopes(const operation_info& info, std::span<const std::string> granted) {
  std::string all;
  bool complete = true;
  for (std::size_t i = 0; i != info.scope_count; ++i) {
    all.append(all.empty() ? "" : " ").append(info.scopes[i]);
    complete = complete && std::find(granted.begin(), granted.end(), info.scopes[i]) != granted.end();
  }
  if (complete) return;
  auto challenge = R"(Bearer error="insufficient_scope", scope=")" + all + '"';
  throw http::problem{http::status::forbidden, "the token does not allow this: it needs " + all}.header(
      "WWW-Authenticate", challenge);
}

}  // namespace bight::api::detail
