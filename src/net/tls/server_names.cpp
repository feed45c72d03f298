#include "net/tls/server_names.hpp"

#include <bight/core/detail/ascii.hpp>
#include <utility>

namespace bight::net::tls {
namespace {

constexpr std::string_view wildcard = "*.";

bool is_name_character(char c) noexcept {
  return bight::detail::is_alpha(c) || bight::detail::is_digit(c) || c == '-' || c == '_' || c == '.';
}

}  // namespace

std::string normal_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string lower;
  if (name.size() > 253) return lower;
  char before = '.';
  for (const char c : name) {
    if (!is_name_character(c) || (c == '.' && before == '.')) return {};
    lower += bight::detail::to_lower(c);
    before = c;
  }
  if (before == '.') lower.clear();
  return lower;
}

std::string requested_name(const SSL* ssl) {
  const char* const sent = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  return sent ? normal_name(sent) : std::string{};
}

bool server_names::add(std::string_view name, SSL_CTX* context) {
  const bool any_label = name.starts_with(wildcard);
  auto key = normal_name(any_label ? name.substr(wildcard.size()) : name);
  if (key.empty()) return false;
  if (any_label) key.insert(0, wildcard);
  contexts_.emplace(std::move(key), context);
  return true;
}

SSL_CTX* server_names::find(const std::string& name) const {
  auto found = contexts_.find(name);
  if (found != contexts_.end()) return found->second;
  const auto dot = name.find('.');
  if (dot == name.npos) return nullptr;
  found = contexts_.find('*' + name.substr(dot));
  return found != contexts_.end() ? found->second : nullptr;
}

}  // namespace bight::net::tls
