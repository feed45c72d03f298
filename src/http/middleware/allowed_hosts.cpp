#include <bight/http/middleware/allowed_hosts.hpp>

#include <algorithm>
#include <bight/core/detail/ascii.hpp>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "http/h1/target.hpp"
#include "http/server/plain_text.hpp"

namespace bight::http {
namespace {

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), bight::detail::to_lower);
  return out;
}

// Without the port, and without the dot at the end that names the root of DNS.
std::string_view host_only(std::string_view authority) {
  const auto colon = authority.rfind(':');
  if (colon != authority.npos && authority.find(']', colon) == authority.npos)
    authority = authority.substr(0, colon);
  if (authority.ends_with('.')) authority.remove_suffix(1);
  return authority;
}

class host_guard {
 public:
  explicit host_guard(const std::vector<std::string>& hosts) {
    for (const auto& host : hosts) {
      auto name = lower(host);
      const bool subdomains = name.starts_with("*.");
      const auto plain = subdomains ? std::string_view{name}.substr(2) : std::string_view{name};
      if (!h1::is_authority(plain) || plain.find('*') != plain.npos ||
          (subdomains && host_only(plain) != plain))
        throw std::invalid_argument("bight: allowed_hosts '" + host + "': not a host");
      if (subdomains)
        suffixes_.push_back(name.substr(1));
      else
        hosts_.push_back(std::move(name));
    }
  }

  awaitable<server_response> operator()(server_request& request, next rest) const {
    const auto authority = request.authority();
    if (authority.empty()) return refuse(status::bad_request, "a Host header is required");
    if (!allows(lower(authority))) return refuse(status::misdirected_request, "this host is not served here");
    return rest(request);
  }

 private:
  static awaitable<server_response> refuse(status code, std::string_view why) {
    co_return detail::plain_text(code, why);
  }
  bool allows(std::string_view authority) const {
    const auto host = host_only(authority);
    const auto is_this = [&](const std::string& known) { return known == host || known == authority; };
    const auto is_below = [&](const std::string& suffix) {
      return host.size() > suffix.size() && host.ends_with(suffix);
    };
    return std::any_of(hosts_.begin(), hosts_.end(), is_this) ||
           std::any_of(suffixes_.begin(), suffixes_.end(), is_below);
  }

  std::vector<std::string> hosts_;
  std::vector<std::string> suffixes_;  // with the dot in front
};

}  // namespace

middleware allowed_hosts(const std::vector<std::string>& hosts) { return host_guard{hosts}; }

}  // namespace bight::http
