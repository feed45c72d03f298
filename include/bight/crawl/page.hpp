// page: what is known of a URL after it was fetched.
#pragma once
#include <bight/http/url.hpp>
#include <chrono>
#include <cstdint>
#include <string>

namespace bight::crawl {

/// One fetched URL: a line of the JSON Lines output.
struct page {
  http::url url;
  /// Where it redirected to; `url` if it did not.
  http::url final_url;
  int status = 0;  ///< 0 if there was no response.
  std::uint32_t depth = 0;
  std::string referrer;      ///< Where it was found first; empty for a seed.
  std::string content_type;  ///< As sent.
  std::uint64_t bytes = 0;   ///< Of the body as sent, before decoding.
  std::chrono::nanoseconds elapsed{};
  std::size_t links = 0;  ///< http and https links found in it, in scope or not.
  std::string error;      ///< Empty if there was none.
  bool html = false;      ///< A 2xx HTML document.
};

/// The page as one JSON object with url, final_url, status, depth, referrer, content_type, bytes, elapsed_ms,
/// links and error; without a line end. Passwords in URLs are shown as `***`.
std::string to_json(const page& p);

}  // namespace bight::crawl
