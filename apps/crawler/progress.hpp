// The progress line on a terminal.
#pragma once
#include <bight/core.hpp>
#include <bight/crawl.hpp>

namespace crawler {

class link_check;

/// Updates pages, rate, links to check, queue, failures, bytes and time on stderr five times a second, until
/// cancelled.
bight::awaitable<void> show_progress(const bight::crawl::crawler& c, const link_check* check);

}  // namespace crawler
