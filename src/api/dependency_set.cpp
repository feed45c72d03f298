#include <bight/api/detail/dependency_set.hpp>

#include <algorithm>
#include <bight/http/problem.hpp>
#include <stdexcept>

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

awaitable<void> make(http::server_request& request, const dependency_set& set, const void* tag) {
  if (values_of(request).find(tag)) co_return;
  const auto& provider = *set.find(tag);
  co_await resolve(request, set, provider.needs);
  auto made = co_await provider.make(request);
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

}  // namespace

const dependency_set::provider* dependency_set::find(const void* tag) const noexcept {
  for (const auto* set = this; set; set = set->outer.get())
    for (const auto& p : set->providers)
      if (p.key.tag == tag) return &p;
  return nullptr;
}

bool dependency_set::use_bearer(std::span<const dependency_key> keys) const {
  return std::any_of(keys.begin(), keys.end(), [this](const auto& key) {
    const auto* const p = key.tag ? find(key.tag) : nullptr;
    return p && (p->is_bearer || use_bearer(p->needs));
  });
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

awaitable<void> resolve(http::server_request& request, const dependency_set& set,
                        std::span<const dependency_key> keys) {
  for (const auto& key : keys)
    if (key.tag) co_await make(request, set, key.tag);
}

std::shared_ptr<void> resolved(http::server_request& request, const void* tag) {
  return values_of(request).find(tag)->value;
}

std::string bearer_token(const http::server_request& request) {
  constexpr std::string_view scheme = "bearer";
  const auto given = request.headers().get("Authorization");
  const auto space = given ? given->find(' ') : std::string_view::npos;
  const bool is_bearer =
      space == scheme.size() && std::equal(scheme.begin(), scheme.end(), given->begin(), [](char a, char b) {
        return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b);
      });
  if (!is_bearer) throw unauthorized("a bearer token is required", "Bearer");
  auto token = given->substr(space);
  while (token.starts_with(' ')) token.remove_prefix(1);
  auto plain = token;
  while (plain.ends_with('=')) plain.remove_suffix(1);
  if (plain.empty() || !std::all_of(plain.begin(), plain.end(), is_token_character)) refuse_token();
  return std::string{token};
}

void refuse_token() {
  throw unauthorized("the bearer token is not accepted", R"(Bearer error="invalid_token")");
}

}  // namespace bight::api::detail
