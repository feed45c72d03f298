// What the elements of a page mean to a crawler: the tokens of a page turned into links and facts.
#pragma once
#include <array>
#include <bight/crawl/links.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include "crawl/html/css_urls.hpp"
#include "crawl/html/tokenizer.hpp"

namespace bight::crawl::html {

class page_links final : token_handler, css_handler {
 public:
  explicit page_links(link_options options);
  page_links(const page_links&) = delete;
  page_links& operator=(const page_links&) = delete;

  void feed(std::string_view bytes, const link_sink& sink);
  void finish(const link_sink& sink);
  void reset();
  const page_facts& facts() const noexcept { return facts_; }

 private:
  enum class text_of : std::uint8_t { nothing, title, style };

  void on_start_tag(const start_tag& token) override;
  void on_text(std::string_view piece) override;
  void on_text_end() override;
  void on_css_url(bool import, std::string_view url, std::uint64_t offset) override;

  void on_foreign(const start_tag& token);
  void on_html(const start_tag& token);
  void on_id(const start_tag& token);
  void on_anchor(const start_tag& token, link_kind kind);
  void on_base(const start_tag& token);
  void on_link(const start_tag& token);
  void on_meta(const start_tag& token);
  void on_image(const start_tag& token);
  void on_input(const start_tag& token);
  void on_video(const start_tag& token);
  void on_resource(const start_tag& token);
  void on_style_attribute(std::string_view raw);
  void on_byte_order_mark(std::string_view bytes);
  void note_charset(std::string_view label);
  void update_counts() noexcept;

  std::string_view decode(std::string_view raw, std::string& buffer) const;
  void report(link_kind kind, std::string_view raw, bool nofollow = false);
  void report_decoded(link_kind kind, std::string_view url, bool nofollow = false);
  void report_srcset(std::string_view raw);

  link_options options_;
  page_facts facts_;
  tokenizer tokenizer_;
  css_scanner css_;
  const link_sink* sink_ = nullptr;
  std::uint64_t offset_ = 0;  // of the element at hand
  std::string value_;         // decoded values
  std::string second_value_;
  std::string title_;  // as written
  text_of text_ = text_of::nothing;
  bool title_seen_ = false;
  std::array<char, 3> head_{};
  std::size_t head_size_ = 0;
};

}  // namespace bight::crawl::html
