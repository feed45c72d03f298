#include "crawl/html/page_links.hpp"
#include <algorithm>
#include <utility>
#include "crawl/html/char_refs.hpp"
#include "crawl/html/rel.hpp"
#include "crawl/html/scan.hpp"
#include "crawl/html/srcset.hpp"

namespace bight::crawl::html {
namespace {

/// Collects which attributes matter for the chosen kinds.
class filter_builder {
 public:
  explicit filter_builder(const link_options& options) : kinds_(options.kinds) {
    filter_.max_attribute_bytes = options.max_attribute_bytes;
    filter_.max_tag_bytes = options.max_tag_bytes;
    filter_.title = true;
    filter_.xml = options.source == link_source::xhtml;
    filter_.style = kinds_.contains(link_kind::css_import) || kinds_.contains(link_kind::css_url);
    attr_set everywhere = 0;
    if (kinds_.contains(link_kind::css_url)) everywhere |= bit(attr::style);
    if (options.ids) everywhere |= bit(attr::id);
    filter_.attributes.fill(everywhere);
  }
  filter_builder& always(tag name, attr_set wanted) {
    filter_.attributes[static_cast<std::size_t>(name)] |= wanted;
    return *this;
  }
  filter_builder& on(link_kind kind, tag name, attr_set wanted) {
    return kinds_.contains(kind) ? always(name, wanted) : *this;
  }
  token_filter build() const { return filter_; }

 private:
  link_kinds kinds_;
  token_filter filter_;
};

token_filter filter_for(const link_options& options) {
  using enum attr;
  using k = link_kind;
  filter_builder filter(options);
  filter.always(tag::base, attrs(href))
      .always(tag::link, attrs(href, rel))
      .always(tag::meta, attrs(http_equiv, content, name, charset));
  filter.on(k::anchor, tag::a, attrs(href, rel, xlink_href)).on(k::area, tag::area, attrs(href, rel));
  filter.on(k::frame, tag::iframe, attrs(src)).on(k::frame, tag::frame, attrs(src));
  filter.on(k::form, tag::form, attrs(action))
      .on(k::form, tag::button, attrs(formaction))
      .on(k::form, tag::input, attrs(formaction));
  filter.on(k::script, tag::script, attrs(src, href, xlink_href));
  for (const tag name : {tag::img, tag::image, tag::input}) filter.on(k::image, name, attrs(src, type));
  for (const tag name : {tag::image, tag::use, tag::feimage})
    filter.on(k::image, name, attrs(href, xlink_href));
  for (const tag name : {tag::body, tag::table, tag::td, tag::th})
    filter.on(k::image, name, attrs(background));
  for (const tag name : {tag::img, tag::image, tag::source}) filter.on(k::image_set, name, attrs(srcset));
  filter.on(k::image_set, tag::link, attrs(imagesrcset));
  for (const tag name : {tag::video, tag::audio, tag::source}) filter.on(k::media, name, attrs(src));
  filter.on(k::poster, tag::video, attrs(poster)).on(k::track, tag::track, attrs(src));
  filter.on(k::object, tag::object, attrs(attr::data)).on(k::embed, tag::embed, attrs(src));
  for (const tag name : {tag::blockquote, tag::q, tag::ins, tag::del})
    filter.on(k::cite, name, attrs(attr::cite));
  if (options.ids) filter.always(tag::a, attrs(name));
  return filter.build();
}

/// Collapses white space and cuts at a whole UTF-8 character.
std::string tidy_title(std::string_view text, std::size_t max_bytes) {
  std::string tidy;
  while (true) {
    const auto word = next_token(text, is_space);
    if (word.empty()) break;
    if (!tidy.empty()) tidy += ' ';
    tidy += word;
  }
  if (tidy.size() > max_bytes) {
    const auto continues = [&](std::size_t at) {
      return (static_cast<unsigned char>(tidy[at]) & 0xC0u) == 0x80u;
    };
    while (max_bytes != 0 && continues(max_bytes)) --max_bytes;
    tidy.resize(max_bytes);
  }
  return tidy;
}

}  // namespace

page_links::page_links(link_options options)
    : options_(std::move(options)),
      tokenizer_(*this, filter_for(options_)),
      css_(*this, options_.max_css_url_bytes) {}

void page_links::feed(std::string_view bytes, const link_sink& sink) {
  sink_ = &sink;
  if (head_size_ != head_.size()) on_byte_order_mark(bytes);
  if (options_.source == link_source::css) {
    css_.feed(bytes);
  } else {
    tokenizer_.feed(bytes);
  }
  update_counts();
}

void page_links::finish(const link_sink& sink) {
  sink_ = &sink;
  options_.source == link_source::css ? css_.finish() : tokenizer_.finish();
  update_counts();
}

void page_links::reset() {
  facts_ = {};
  tokenizer_.reset();
  css_.reset();
  title_.clear();
  title_seen_ = false;
  text_ = text_of::nothing;
  head_size_ = 0;
}

void page_links::update_counts() noexcept {
  facts_.dropped_attributes = tokenizer_.dropped_attributes();
  facts_.dropped_css_urls = css_.dropped();
}

void page_links::on_start_tag(const start_tag& token) {
  offset_ = token.offset();
  if (token.foreign()) {
    on_foreign(token);
  } else {
    on_html(token);
  }
  if (options_.ids) on_id(token);
  if (token.has(attr::style)) on_style_attribute(token.raw(attr::style));
}

void page_links::on_id(const start_tag& token) {
  if (token.has(attr::id)) facts_.ids.add(decode(token.raw(attr::id), value_));
  const bool named = token.name() == tag::a && !token.foreign() && token.has(attr::name);
  if (named) facts_.ids.add(decode(token.raw(attr::name), value_));
}

/// Of SVG's elements some link; the names of HTML's mean nothing in it.
void page_links::on_foreign(const start_tag& token) {
  const auto raw = token.raw(token.has(attr::href) ? attr::href : attr::xlink_href);
  switch (token.name()) {
    case tag::a:
      return on_anchor(token, link_kind::anchor);
    case tag::image:
    case tag::use:
    case tag::feimage:
      return report(link_kind::image, raw);
    case tag::script:
      return report(link_kind::script, raw);
    default:
      return;
  }
}

void page_links::on_html(const start_tag& token) {
  switch (token.name()) {
    case tag::a:
      return on_anchor(token, link_kind::anchor);
    case tag::area:
      return on_anchor(token, link_kind::area);
    case tag::base:
      return on_base(token);
    case tag::link:
      return on_link(token);
    case tag::meta:
      return on_meta(token);
    case tag::img:
    case tag::image:
      return on_image(token);  // HTML reads image as img
    case tag::input:
      return on_input(token);
    case tag::video:
      return on_video(token);
    case tag::title:
      text_ = title_seen_ ? text_of::nothing : text_of::title;
      return;
    case tag::style:
      text_ = text_of::style;
      return;
    default:
      return on_resource(token);
  }
}

void page_links::on_anchor(const start_tag& token, link_kind kind) {
  attr where = attr::href;
  if (!token.has(where) && token.foreign()) where = attr::xlink_href;
  if (!token.has(where)) return;
  report(kind, token.raw(where),
         token.has(attr::rel) && has_nofollow(decode(token.raw(attr::rel), second_value_)));
}

void page_links::on_base(const start_tag& token) {
  if (!facts_.base && token.has(attr::href)) facts_.base = trim_url(decode(token.raw(attr::href), value_));
}

void page_links::on_link(const start_tag& token) {
  if (!token.has(attr::rel)) return;
  const auto meaning = read_rel(decode(token.raw(attr::rel), second_value_));
  if (meaning.canonical && !facts_.canonical && token.has(attr::href)) {
    facts_.canonical = trim_url(decode(token.raw(attr::href), value_));
  }
  if (meaning.kind) report(*meaning.kind, token.raw(attr::href), meaning.nofollow);
  report_srcset(token.raw(attr::imagesrcset));
}

void page_links::on_meta(const start_tag& token) {
  if (token.has(attr::charset)) note_charset(decode(token.raw(attr::charset), value_));
  if (!token.has(attr::content)) return;
  const auto content = decode(token.raw(attr::content), value_);
  const auto equiv = decode(token.raw(attr::http_equiv), second_value_);
  if (equals_lower(equiv, "refresh")) {
    auto refresh = parse_refresh(content);
    if (!refresh) return;
    report_decoded(link_kind::refresh, refresh->url);
    if (!facts_.refresh) facts_.refresh = std::move(refresh);
  } else if (equals_lower(equiv, "content-type")) {
    note_charset(charset_of_content_type(content));
  }
  const auto name = trim_space(decode(token.raw(attr::name), second_value_));
  const auto is_own = [&] {
    return !name.empty() && std::ranges::equal(name, options_.robots_name, {}, to_lower, to_lower);
  };
  if (equals_lower(name, "robots") || is_own()) parse_robots_meta(content, facts_.robots);
}

void page_links::on_image(const start_tag& token) {
  report(link_kind::image, token.raw(attr::src));
  report_srcset(token.raw(attr::srcset));
}

void page_links::on_input(const start_tag& token) {
  const bool image = equals_lower(decode(token.raw(attr::type), second_value_), "image");
  if (image) report(link_kind::image, token.raw(attr::src));
  report(link_kind::form, token.raw(attr::formaction));
}

void page_links::on_video(const start_tag& token) {
  report(link_kind::media, token.raw(attr::src));
  report(link_kind::poster, token.raw(attr::poster));
}

/// Elements with one attribute that matters, or two of which each has its own kind.
void page_links::on_resource(const start_tag& token) {
  switch (token.name()) {
    case tag::iframe:
    case tag::frame:
      return report(link_kind::frame, token.raw(attr::src));
    case tag::form:
      return report(link_kind::form, token.raw(attr::action));
    case tag::button:
      return report(link_kind::form, token.raw(attr::formaction));
    case tag::script:
      return report(link_kind::script, token.raw(attr::src));
    case tag::audio:
      return report(link_kind::media, token.raw(attr::src));
    case tag::source:
      report(link_kind::media, token.raw(attr::src));
      return report_srcset(token.raw(attr::srcset));
    case tag::track:
      return report(link_kind::track, token.raw(attr::src));
    case tag::object:
      return report(link_kind::object, token.raw(attr::data));
    case tag::embed:
      return report(link_kind::embed, token.raw(attr::src));
    case tag::blockquote:
    case tag::q:
    case tag::ins:
    case tag::del:
      return report(link_kind::cite, token.raw(attr::cite));
    case tag::body:
    case tag::table:
    case tag::td:
    case tag::th:
      return report(link_kind::image, token.raw(attr::background));
    default:
      return;
  }
}

void page_links::on_style_attribute(std::string_view raw) {
  // Its scanner is the style elements' one: no tag occurs inside those.
  css_.feed(decode(raw, value_));
  css_.finish();
}

void page_links::on_css_url(bool import, std::string_view url, std::uint64_t offset) {
  if (options_.source == link_source::css) offset_ = offset;
  report_decoded(import ? link_kind::css_import : link_kind::css_url, url);
}

void page_links::on_text(std::string_view piece) {
  if (text_ == text_of::style) css_.feed(piece);
  if (text_ != text_of::title) return;
  // Decoding and collapsing shorten it; this much leaves enough for the limit in any real title.
  const std::size_t enough = 8 * std::min(options_.max_title_bytes, std::size_t{1} << 20);
  title_ += piece.substr(0, enough - std::min(enough, title_.size()));
}

void page_links::on_text_end() {
  if (text_ == text_of::style) css_.finish();
  if (text_ != text_of::title) return;
  title_seen_ = true;
  value_.clear();
  append_decoded(value_, title_, text_place::content);
  facts_.title = tidy_title(value_, options_.max_title_bytes);
}

void page_links::on_byte_order_mark(std::string_view bytes) {
  while (head_size_ != head_.size() && !bytes.empty()) {
    head_[head_size_++] = bytes.front();
    bytes.remove_prefix(1);
  }
  const std::string_view head(head_.data(), head_size_);
  if (head.starts_with("\xEF\xBB\xBF")) facts_.charset = "utf-8";
  if (head.starts_with("\xFE\xFF")) facts_.charset = "utf-16be";
  if (head.starts_with("\xFF\xFE")) facts_.charset = "utf-16le";
}

void page_links::note_charset(std::string_view label) {
  label = trim_space(label);
  if (!facts_.charset.empty() || label.size() > 64) return;
  for (const char c : label) facts_.charset.push_back(to_lower(c));
}

std::string_view page_links::decode(std::string_view raw, std::string& buffer) const {
  if (!needs_decoding(raw)) return raw;
  buffer.clear();
  append_decoded(buffer, raw, text_place::attribute);
  return buffer;
}

void page_links::report(link_kind kind, std::string_view raw, bool nofollow) {
  if (!options_.kinds.contains(kind)) return;
  report_decoded(kind, decode(raw, value_), nofollow);
}

/// An empty URL is the page itself for an anchor, and nothing to fetch for all else.
void page_links::report_decoded(link_kind kind, std::string_view url, bool nofollow) {
  if (!options_.kinds.contains(kind)) return;
  url = trim_url(url);
  if (url.empty() && kind != link_kind::anchor && kind != link_kind::area) return;
  (*sink_)({kind, nofollow, offset_, url});
}

void page_links::report_srcset(std::string_view raw) {
  if (raw.empty() || !options_.kinds.contains(link_kind::image_set)) return;
  auto rest = decode(raw, value_);
  while (true) {
    const auto url = next_srcset_url(rest);
    if (url.empty()) return;
    report_decoded(link_kind::image_set, url);
  }
}

}  // namespace bight::crawl::html
