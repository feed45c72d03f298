// The ids of a page that is fetched only for them.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/crawl/fragments.hpp>
#include <bight/http/response.hpp>
#include <cstdint>
#include <memory>

namespace bight::crawl::check {

/// Reads the body of an HTML or Markdown page. Returns null for other types and for pages beyond `max_body`,
/// whose ids are not known. Errors: those of read_piece.
awaitable<std::shared_ptr<const fragment_ids>> read_ids(http::response& response, std::uint64_t max_body);

}  // namespace bight::crawl::check
