// fetch_all: many URLs at once.
#pragma once
#include <bight/core/generator.hpp>
#include <bight/core/retry.hpp>
#include <bight/http/client.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/status.hpp>
#include <bight/http/url.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace bight::http {

/// What became of one URL.
class fetched {
 public:
  std::size_t index = 0;  ///< Position of the URL in the list, from 0.
  http::url url;        ///< The URL of the response, after redirects; without a response, the one asked for.
  http::status status;  ///< Undefined without a response.
  http::headers headers;               ///< Of the response.
  std::string body;                    ///< Decoded, as bytes.
  std::exception_ptr error;            ///< Why there is no response, or not all of it; else null.
  std::chrono::nanoseconds elapsed{};  ///< From the start of its request to the last byte, with retries.

  /// True if the response has arrived whole, whatever its status.
  bool ok() const noexcept { return !error; }
  /// Throws `error` if there is one, and http::status_error unless the status is 2xx or 3xx.
  void raise_for_status() const;
};

/// Options of fetch_all. Not an aggregate, so that it is safe in co_await expressions.
class fetch_options {
 public:
  fetch_options() {}

  /// Requests in progress at a time. As many responses again may wait to be taken.
  std::size_t max_concurrent = 64;
  /// Yields the responses in the order of the URLs, not as they arrive.
  bool in_order = false;
  /// Fetches again after transient errors and temporary statuses (`status::is_temporary`), those while the
  /// body is read included; Retry-After replaces the backoff, and the last response is yielded whatever its
  /// status. Default: client_options::retries, which end with the head of a response.
  std::optional<retry_policy> retries;
};

/// Fetches all URLs with GET, so many at a time, and yields what came of each. A failure is a result like any
/// other and stops nothing.
///
///     auto pages = http::fetch_all(client, urls);
///     auto page = co_await pages.next();
///     while (page) {
///       if (page->ok()) std::cout << page->status.code() << ' ' << page->url.href() << '\n';
///       page = co_await pages.next();
///     }
///
/// Backpressure: no request is started while `max_concurrent` responses wait to be taken. Destroying the
/// generator cancels the requests in progress. Cancellation of `next`: loses nothing. Errors:
/// std::invalid_argument if max_concurrent is 0.
generator<fetched> fetch_all(client c, std::vector<url> urls, fetch_options options = {});
/// Same for text; URLs that are invalid yield errc::invalid_url.
generator<fetched> fetch_all(client c, std::vector<std::string> urls, fetch_options options = {});

}  // namespace bight::http
