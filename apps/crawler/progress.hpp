// The live line on a terminal.
#pragma once
#include <bight/core.hpp>
#include <bight/crawl.hpp>

namespace crawler {

/// Shows pages, rate, queue, failures, bytes and time on stderr, five times a second, until it is cancelled.
bight::awaitable<void> show_progress(const bight::crawl::crawler& c);

/// True if the line can be shown: stderr is a terminal.
bool has_terminal() noexcept;

}  // namespace crawler
