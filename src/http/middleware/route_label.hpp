// The route of a request, for labels and logs.
#pragma once
#include <bight/http/server_request.hpp>
#include <string_view>

namespace bight::http::middleware_detail {

/// The pattern that a router chose; empty if there is none.
template <class Request>
std::string_view route_of(const Request& request) noexcept {
  if constexpr (requires { request.route(); })
    return request.route();
  else
    return {};
}

}  // namespace bight::http::middleware_detail
