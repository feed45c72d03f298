// page: the result of fetching a URL.
#pragma once
#include <bight/crawl/document.hpp>
#include <bight/crawl/fragments.hpp>
#include <bight/crawl/links.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/url.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl {

/// What a crawl says of a URL.
enum class page_verdict : std::uint8_t {
  ok,           ///< It works.
  warning,      ///< It works, but something is wrong with it: page::warnings.
  broken,       ///< It does not work: page::error. A link to it is a broken link.
  skipped,      ///< Not fetched, for example because of robots.txt: page::error.
  not_checked,  ///< Whether it works is unknown, for example because of a limit of the crawl: page::error.
};
/// The name of the enumerator, in static storage.
std::string_view to_string(page_verdict verdict) noexcept;

/// A link of a page.
struct page_link {
  http::url url;        ///< Resolved, with its fragment. Of any scheme. Empty if it is not a valid URL.
  std::string invalid;  ///< As written, if it is not a valid URL.
  link_kind kind = link_kind::anchor;
  bool nofollow = false;   ///< rel=nofollow of the link, or nofollow of the page.
  std::uint32_t line = 0;  ///< Line of its element in the document, from 1; 0 if it is in a header.
  /// The text of an anchor with whitespace collapsed, otherwise the alt text of an image; shortened to 200
  /// bytes.
  std::string text;
};

/// The result for one URL: a line of the JSON Lines output.
struct page {
  http::url url;
  /// The redirect target; `url` if there was no redirect.
  http::url final_url;
  int status = 0;  ///< 0 if there was no response.
  std::uint32_t depth = 0;
  bool seed = false;         ///< A seed, or reached from a seed by redirects alone.
  std::string referrer;      ///< The first page that links to it; empty for a seed.
  std::string content_type;  ///< As received.
  http::headers headers;     ///< Of the response.
  std::uint64_t bytes = 0;   ///< Received bytes of the body, before decoding.
  std::chrono::nanoseconds elapsed{};
  std::size_t link_count = 0;  ///< Number of http and https links in it, in scope or not.
  bool html = false;           ///< Whether it is a 2xx HTML document.
  page_verdict verdict = page_verdict::ok;
  std::string error;  ///< The reason for the verdicts broken, skipped and not_checked; otherwise empty.
  boost::system::error_code code;  ///< Of a request that failed without a response; otherwise 0.
  /// What is wrong with a page that works, for example that its body ended early; then `links` are those up
  /// to there.
  std::vector<std::string> warnings;
  /// Its links, in order, with crawl_options::keep_links; otherwise empty.
  std::vector<page_link> links;
  /// Its ids, with crawl_options::keep_ids; null if it is not a 2xx HTML document, or if it ended early.
  std::shared_ptr<const fragment_ids> ids;
  /// The start of its body with crawl_options::keep_body, without content codings; otherwise empty.
  /// Lifetime: until the callback returns or, for a coroutine, ends. A copy of the page outlives it, but not
  /// this view.
  std::string_view body;
  /// The label of the charset of a document, for example "utf-8" or "gb2312": of its byte order mark, its
  /// Content-Type or itself, or else what its bytes look like; empty if it is ASCII or no document.
  std::string charset;

  /// The elements of its body that match a selector, in document order. The tree is built once, by the first
  /// call, from what crawl_options::keep_body has kept. Lifetime: that of the page and its copies. Errors:
  /// std::length_error if the page exceeds a limit of document::parse.
  std::vector<element> select(const selector& s) const { return tree().select(s); }
  /// The first of them.
  std::optional<element> select_one(const selector& s) const { return tree().select_one(s); }
  /// A URL reference as a link in the page means it, its base element included if there is a body. Errors:
  /// system_error with errc::invalid_url.
  http::url resolve(std::string_view reference) const;

 private:
  const document& tree() const;
  mutable std::optional<document> tree_;
};

/// Returns the page as a JSON object with url, final_url, status, verdict, depth, referrer, content_type,
/// bytes, elapsed_ms, links (their number), error and warnings, without a newline. Passwords in URLs are
/// replaced by `***`.
std::string to_json(const page& p);

}  // namespace bight::crawl
