// The entries of a sitemap or feed in XML.
#pragma once
#include <expat.h>

#include <bight/crawl/sitemap.hpp>
#include <bight/http/url.hpp>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crawl/sitemap/elements.hpp"

namespace bight::crawl::sitemap {

/// Where entries go: resolves, checks and counts them. Returns: whether more are wanted.
class entry_output {
 public:
  entry_output(const http::url& where, const sitemap_limits& limits) : limits_(limits), base_(where) {}

  bool put(std::string_view reference, const http::url& base, sitemap_entry_kind kind,
           std::string_view changed, std::string_view language);
  void drop() noexcept { ++dropped_; }
  const http::url& base() const noexcept { return base_; }
  const sitemap_limits& limits() const noexcept { return limits_; }
  std::size_t entries() const noexcept { return entries_; }
  std::size_t dropped() const noexcept { return dropped_; }
  const std::string& full() const noexcept { return full_; }
  void set_sink(const sitemap_sink* sink) noexcept { sink_ = sink; }

 private:
  sitemap_limits limits_;
  http::url base_;
  http::url target_;
  const sitemap_sink* sink_ = nullptr;
  std::size_t entries_ = 0;
  std::size_t alternates_ = 0;
  std::size_t dropped_ = 0;
  std::string full_;  // which limit was reached
};

/// Reads the XML, which is UTF-8.
class xml_entries {
 public:
  explicit xml_entries(entry_output& out);
  xml_entries(const xml_entries&) = delete;
  xml_entries& operator=(const xml_entries&) = delete;

  /// Returns: whether more is wanted.
  bool feed(std::string_view text, bool last);
  sitemap_format format() const noexcept { return format_; }
  const std::string& error() const noexcept { return error_; }

 private:
  friend struct handlers;
  struct attributes {
    const XML_Char** pairs;
    std::string_view get(std::string_view name) const noexcept;
  };

  void begin(std::string_view name, attributes of);
  void end();
  void text(std::string_view piece);
  void refuse_entity(std::string_view name);
  void stop(std::string why);
  void begin_root(element root, std::string_view local);
  void atom_link(attributes of);
  void put(std::string_view reference, sitemap_entry_kind kind, std::string_view language = {});
  const http::url& base() const noexcept { return bases_.empty() ? out_.base() : bases_.back().second; }

  struct free_parser {
    void operator()(XML_Parser p) const noexcept { XML_ParserFree(p); }
  };

  entry_output& out_;
  std::unique_ptr<XML_ParserStruct, free_parser> parser_;
  std::vector<element> open_;
  std::vector<std::pair<std::size_t, http::url>> bases_;  // xml:base, and the depth at which it counts
  sitemap_format format_ = sitemap_format::unknown;
  std::string text_;  // of the innermost element, if it is wanted
  std::string loc_;
  std::string changed_;
  bool too_long_ = false;
  bool permalink_ = true;
  bool stopped_ = false;
  std::string error_;
  std::exception_ptr thrown_;
};

}  // namespace bight::crawl::sitemap
