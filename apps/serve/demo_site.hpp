// A site of interlinked pages that needs no files.
#pragma once
#include <bight/http.hpp>

namespace serve {

/// How many pages demo_site has.
inline constexpr unsigned demo_pages = 1000;

/// Answers "/" and "/page/0" to "/page/999", each with links to ten others, so that all can be reached from
/// "/".
bight::awaitable<bight::http::server_response> demo_site(bight::http::server_request& request);

}  // namespace serve
