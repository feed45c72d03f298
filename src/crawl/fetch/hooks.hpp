// The callbacks of a crawler.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/crawl/fetch_events.hpp>
#include <bight/crawl/page.hpp>
#include <functional>
#include <string_view>

namespace bight::crawl {

struct crawl_hooks {
  std::function<awaitable<void>(page_request&)> on_request;
  std::function<awaitable<void>(page_response&)> on_response;
  std::function<awaitable<void>(const page&, std::string_view)> on_body;
  std::function<void(const page&)> on_page;
  std::function<awaitable<void>(const page&)> on_page_async;
  std::function<awaitable<void>(const fetch_failure&)> on_error;
};

}  // namespace bight::crawl
