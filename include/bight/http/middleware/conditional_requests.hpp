// conditional_requests: 304 for what the client already has.
#pragma once
#include <bight/http/handler.hpp>
#include <cstddef>

namespace bight::http {

/// Options of conditional_requests. Not an aggregate, so that it is safe in co_await expressions.
struct conditional_requests_options {
  conditional_requests_options() {}

  /// Make an ETag from the content of responses that have none, if the body is a text of at most this size.
  /// 0: make none.
  std::size_t max_tagged_size = 1U << 20U;
};

/// Evaluates If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since of GET and HEAD requests (RFC
/// 9110 13.2.2) against ETag and Last-Modified of responses with status 200, which then become 304 or 412.
/// Saves bandwidth, not the work of the handler. The ETags that it makes are strong: a hash of the text.
/// Responses with `Cache-Control: no-store` get none. Put it outside of compression, so that each encoding
/// has its own.
middleware conditional_requests(conditional_requests_options options = {});

}  // namespace bight::http
