// A generated site of linked pages.
#pragma once
#include <bight/http.hpp>

namespace serve {

/// Number of pages of demo_site.
inline constexpr unsigned demo_pages = 1000;

/// Serves "/" and "/page/0" to "/page/999". Each page links to ten others; all are reachable from "/".
bight::awaitable<bight::http::server_response> demo_site(bight::http::server_request& request);

}  // namespace serve
