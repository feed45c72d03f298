// Vary (RFC 9110 12.5.5).
#pragma once
#include <bight/http/headers.hpp>
#include <string_view>

namespace bight::http::middleware_detail {

/// Adds the name of a request header to Vary unless it is there.
void add_vary(headers& response, std::string_view name);

}  // namespace bight::http::middleware_detail
