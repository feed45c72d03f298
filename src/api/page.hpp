// The page that lists the operations and sends requests.
#pragma once
#include <bight/http/server_response.hpp>
#include <string>
#include <string_view>

namespace bight::api::detail {

/// `document` is the path of the OpenAPI document.
http::server_response page_response(std::string_view title, std::string_view document);

}  // namespace bight::api::detail
