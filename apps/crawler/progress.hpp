// The progress line on a terminal.
#pragma once
#include <bight/core.hpp>
#include <bight/crawl.hpp>

namespace crawler {

/// Updates pages, rate, queue, failures, bytes and time on stderr five times a second, until cancelled.
bight::awaitable<void> show_progress(const bight::crawl::crawler& c);

}  // namespace crawler
