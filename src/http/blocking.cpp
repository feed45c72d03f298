#include <bight/http/blocking.hpp>

#include "http/server/cookie_header.hpp"
#include "http/server/exchange.hpp"

namespace bight::http {

blocking_request::blocking_request(const server_request& request, std::string body)
    : method_(request.method()),
      target_(request.target()),
      path_(request.path()),
      route_(request.route()),
      body_(std::move(body)),
      query_(request.query_params()),
      headers_(request.headers()),
      remote_(request.remote_endpoint()) {
  for (const auto& p : detail::routing_access::params(request)) params_.emplace_back(p.name, p.value);
}

std::string_view blocking_request::param(std::string_view name) const noexcept {
  for (const auto& [known, value] : params_)
    if (known == name) return value;
  return {};
}

std::optional<std::string_view> blocking_request::cookie(std::string_view name) const noexcept {
  return detail::find_cookie(headers_, name);
}

}  // namespace bight::http
