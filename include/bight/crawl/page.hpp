// page: the result of fetching a URL.
#pragma once
#include <bight/http/url.hpp>
#include <chrono>
#include <cstdint>
#include <string>

namespace bight::crawl {

/// The result for one URL: a line of the JSON Lines output.
struct page {
  http::url url;
  /// The redirect target; `url` if there was no redirect.
  http::url final_url;
  int status = 0;  ///< 0 if there was no response.
  std::uint32_t depth = 0;
  std::string referrer;      ///< The first page that links to it; empty for a seed.
  std::string content_type;  ///< As received.
  std::uint64_t bytes = 0;   ///< Size of the body before decoding.
  std::chrono::nanoseconds elapsed{};
  std::size_t links = 0;  ///< Number of http and https links in it, in scope or not.
  std::string error;      ///< Empty if there was no error.
  bool html = false;      ///< Whether it is a 2xx HTML document.
};

/// Returns the page as a JSON object with url, final_url, status, depth, referrer, content_type, bytes,
/// elapsed_ms, links and error, without a newline. Passwords in URLs are replaced by `***`.
std::string to_json(const page& p);

}  // namespace bight::crawl
