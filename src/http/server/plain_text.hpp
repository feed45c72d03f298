// Short responses of the server itself.
#pragma once
#include <bight/http/server_response.hpp>
#include <bight/http/status.hpp>
#include <string_view>

namespace bight::http::detail {

/// `text` and a line feed.
server_response plain_text(status code, std::string_view text);

}  // namespace bight::http::detail
