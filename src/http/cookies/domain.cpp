#include "http/cookies/domain.hpp"

#include <libpsl.h>

#include <bight/http/headers.hpp>
#include <string>

namespace bight::http::cookies {
namespace {

// The system's list if it is newer than the one in the library. Read once and kept: it is immutable and may
// be shared by threads.
const psl_ctx_t* suffix_list() noexcept {
  static const psl_ctx_t* const list = psl_latest(nullptr);
  return list;
}

bool begins_with(std::string_view text, std::string_view prefix) noexcept {
  return equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

}  // namespace

bool domain_matches(std::string_view host, bool host_is_name, std::string_view domain) noexcept {
  if (host == domain) return true;
  return host_is_name && host.size() > domain.size() && host.ends_with(domain) &&
         host[host.size() - domain.size() - 1] == '.';
}

bool path_matches(std::string_view request_path, std::string_view cookie_path) noexcept {
  if (!request_path.starts_with(cookie_path)) return false;
  return request_path.size() == cookie_path.size() || cookie_path.ends_with('/') ||
         request_path[cookie_path.size()] == '/';
}

std::string_view default_path(std::string_view request_path) noexcept {
  const auto slash = request_path.rfind('/');
  if (!request_path.starts_with('/') || slash == 0) return "/";
  return request_path.substr(0, slash);
}

bool is_public_suffix(std::string_view domain) {
  const psl_ctx_t* const list = suffix_list();
  // Without a list, only what has no dot is known to be one.
  if (list == nullptr) return domain.find('.') == domain.npos;
  return psl_is_public_suffix(list, std::string{domain}.c_str()) == 1;
}

bool is_secure(const url& where) noexcept { return where.scheme() == "https" || where.scheme() == "wss"; }

bool breaks_prefix(std::string_view name, std::string_view value, const prefix_facts& facts) noexcept {
  constexpr std::string_view secure = "__Secure-";
  constexpr std::string_view host = "__Host-";
  if (name.empty()) return begins_with(value, secure) || begins_with(value, host);
  if (begins_with(name, secure)) return !facts.secure;
  if (begins_with(name, host)) return !facts.secure || !facts.host_only || facts.path != "/";
  return false;
}

}  // namespace bight::http::cookies
