// Reads the body of a response and finds its links.
#pragma once
#include <array>
#include <bight/core/awaitable.hpp>
#include <bight/crawl/crawl_options.hpp>
#include <bight/crawl/frontier.hpp>
#include <bight/crawl/links.hpp>
#include <bight/crawl/scope.hpp>
#include <bight/http/response.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crawl/fetch/body_kind.hpp"
#include "crawl/fetch/fetched.hpp"
#include "crawl/fetch/hooks.hpp"
#include "crawl/fetch/link_text.hpp"
#include "crawl/fetch/page_text.hpp"

namespace bight::crawl {

/// The buffers of one worker.
class page_reader {
 public:
  page_reader(const scope& s, const crawl_options& options, const crawl_hooks& hooks, bool cut_depth);

  /// Reads the body of a response as far as anyone wants it, and finds its links. An error ends the body
  /// early: fetched::cut. Throws what on_body throws, and cancelled_error.
  awaitable<void> read(http::response& response, const assignment& a, fetched& out);
  /// Adds a URL in scope.
  void add(const http::url& target, std::uint32_t depth, link_kind kind, bool is_redirect, fetched& out);

  const std::string& product() const noexcept { return product_; }

 private:
  awaitable<void> read_pieces(http::response& response, fetched& out);
  awaitable<void> skip(http::response& response, fetched& out);
  static void note_cut(const boost::system::system_error& e, const http::response& response, fetched& out);
  void sniff(std::string_view piece, bool ended, fetched& out);
  void begin(body_kind kind, fetched& out);
  void feed(std::string_view piece);
  void feed_text(std::string_view text);
  void finish();
  void note_link(const link& l);
  void keep_text(std::string_view text);
  void read_link_headers(const http::response& response);
  void keep(std::string_view piece);
  void note_own_prefix(const http::url& page);
  bool parses() const noexcept { return extractor_ != nullptr; }
  bool nofollow_of(const http::response& response) const;
  void keep_ids(fetched& out);
  // Where a link is in a document.
  struct place {
    std::uint64_t offset;
    link_text& text;
    std::string_view invalid;  // what is no URL; empty if it is one
  };
  void resolve_links(const assignment& a, bool nofollow, fetched& out);
  void keep_link(link_kind kind, bool nofollow, place* at, fetched& out);
  void found(const assignment& a, link_kind kind, bool nofollow, bool to_itself, place* at, fetched& out);

  struct raw_link {
    std::uint64_t offset;
    std::uint32_t begin;
    std::uint32_t size;
    link_kind kind;
    bool nofollow;
  };
  // A reference that has been resolved in the document at hand.
  struct seen_link {
    std::uint64_t document = 0;
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
    bool counted = false;
  };
  seen_link& place_of(std::string_view reference) noexcept;

  struct header_link {
    std::string url;
    link_kind kind;
    bool nofollow;
  };

  const scope& scope_;
  const crawl_options& options_;
  const crawl_hooks& hooks_;
  bool cut_depth_;
  std::string product_;
  link_extractor html_;
  std::optional<link_extractor> xhtml_;  // made when the first such page comes
  link_extractor css_;
  link_extractor* extractor_ = nullptr;  // of the document at hand
  page_text text_;
  std::optional<body_kind> kind_;
  std::string first_;      // bytes that have not been sniffed yet
  std::string body_;       // what is kept of the body
  std::string kept_text_;  // what is kept of the text, if that differs
  std::string raw_text_;
  std::vector<raw_link> raw_;
  std::array<seen_link, 512> seen_{};
  std::uint64_t document_ = 0;  // counts documents, so that `seen_` need not be cleared
  std::vector<header_link> header_links_;
  bool links_left_out_ = false;
  std::size_t text_size_ = 0;  // of the text while it is the body
  std::string own_prefix_;     // of URLs that are in scope since the page is; empty: ask for each
  std::uint64_t size_ = 0;     // of the decoded body so far
  http::url target_;
  std::string spelling_;
  std::string origin_spelling_;
};

/// "name" of "name/1.0 (...)".
std::string product_of(std::string_view user_agent);

/// User name and password hold for a whole origin, also where a page writes its own address out in full. Of
/// another origin, a redirect does not choose what is sent to it.
void settle_credentials(const http::url& from, http::url& to, bool redirect);

}  // namespace bight::crawl
