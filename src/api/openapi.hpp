// The OpenAPI 3.1 document.
#pragma once
#include <bight/api/detail/documented.hpp>
#include <bight/api/router.hpp>
#include <span>
#include <string>
#include <string_view>

namespace bight::api::detail {

std::string openapi_document(const router_options& options, std::span<const documented_operation> operations,
                             std::string_view server);

}  // namespace bight::api::detail
