// What the hooks of a crawler are told about a fetch: its request, its response, its failure.
#pragma once
#include <bight/http/headers.hpp>
#include <bight/http/status.hpp>
#include <bight/http/url.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bight::crawl {

/// A request that is about to be sent: the argument of crawler::on_request.
class page_request {
 public:
  page_request(const http::url& where, std::uint32_t depth, std::uint32_t attempt, std::string_view referrer)
      : url_(where), referrer_(referrer), depth_(depth), attempt_(attempt) {}

  const http::url& url() const noexcept { return url_; }
  std::uint32_t depth() const noexcept { return depth_; }
  std::uint32_t attempt() const noexcept { return attempt_; }  ///< 0 for the first one.
  /// The first page that links to it; empty for a seed.
  std::string_view referrer() const noexcept { return referrer_; }

  /// Fields for this request, which replace those of the client.
  http::headers& headers() noexcept { return headers_; }
  /// Does not send the request. The verdict of the page is `skipped`, with this reason.
  void skip(std::string reason) { skipped_ = std::move(reason); }
  const std::optional<std::string>& skipped() const noexcept { return skipped_; }

 private:
  const http::url& url_;
  http::headers headers_;
  std::optional<std::string> skipped_;
  std::string_view referrer_;
  std::uint32_t depth_;
  std::uint32_t attempt_;
};

/// A response whose body has not been read yet: the argument of crawler::on_response.
class page_response {
 public:
  page_response(const http::url& where, http::status code, http::headers_view fields) noexcept
      : url_(where), status_(code), headers_(fields) {}

  const http::url& url() const noexcept { return url_; }
  http::status status() const noexcept { return status_; }
  http::headers_view headers() const noexcept { return headers_; }

  /// Does not read the body, so that the page has no links. Its verdict depends on the status alone.
  void skip_body() noexcept { body_skipped_ = true; }
  bool body_skipped() const noexcept { return body_skipped_; }

 private:
  const http::url& url_;
  http::status status_;
  http::headers_view headers_;
  bool body_skipped_ = false;
};

/// A failed attempt to fetch a page or a robots.txt: the argument of crawler::on_error.
struct fetch_failure {
  http::url url;
  int status = 0;             ///< 0 if there was no response.
  std::string error;          ///< As page::error.
  std::uint32_t attempt = 0;  ///< 0 for the first one.
  /// Time until the next attempt; nullopt if there is none.
  std::optional<std::chrono::nanoseconds> retry_in;
};

}  // namespace bight::crawl
