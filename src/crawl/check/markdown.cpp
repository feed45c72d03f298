#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm-extension_api.h>
#include <cmark-gfm.h>
#include <bight/crawl/markdown.hpp>

#include <algorithm>
#include <array>
#include <bight/core/detail/utf8.hpp>
#include <bight/crawl/document.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace bight::crawl {
namespace {

struct node_deleter {
  void operator()(cmark_node* n) const noexcept { cmark_node_free(n); }
};
struct parser_deleter {
  void operator()(cmark_parser* p) const noexcept { cmark_parser_free(p); }
};
struct iterator_deleter {
  void operator()(cmark_iter* i) const noexcept { cmark_iter_free(i); }
};

std::string_view view(const char* text) { return text ? std::string_view{text} : std::string_view{}; }

std::unique_ptr<cmark_node, node_deleter> parse(std::string_view document) {
  static const bool registered =
      (cmark_gfm_core_extensions_ensure_registered(), true);  // once for all threads
  static_cast<void>(registered);
  const std::unique_ptr<cmark_parser, parser_deleter> parser{
      cmark_parser_new(CMARK_OPT_DEFAULT | CMARK_OPT_FOOTNOTES | CMARK_OPT_VALIDATE_UTF8)};
  for (const auto* const name : {"table", "strikethrough", "autolink", "tasklist"})
    if (auto* const found = cmark_find_syntax_extension(name))
      cmark_parser_attach_syntax_extension(parser.get(), found);
  cmark_parser_feed(parser.get(), document.data(), document.size());
  return std::unique_ptr<cmark_node, node_deleter>{cmark_parser_finish(parser.get())};
}

// Blanks a YAML front matter, which Markdown takes for a heading.
std::string without_front_matter(std::string_view document) {
  auto text = bight::detail::replace_malformed_utf8(document);
  if (text.starts_with(bight::detail::utf8_byte_order_mark))
    text.erase(0, bight::detail::utf8_byte_order_mark.size());
  if (!text.starts_with("---\n") && !text.starts_with("---\r\n")) return text;
  for (std::size_t at = text.find('\n'); at != text.npos;) {
    const auto next = text.find('\n', ++at);
    auto line = std::string_view{text}.substr(at, next == text.npos ? next : next - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line == "---" || line == "...") {
      std::replace_if(
          text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at + line.size()),
          [](char c) { return c != '\n'; }, ' ');
      return text;
    }
    at = next;
  }
  return text;
}

void append_collapsed(std::string& out, std::string_view text, std::size_t limit) {
  for (const char c : text) {
    if (out.size() >= limit) return;
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!space)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
}

std::string cut(std::string text, std::size_t limit) {
  if (text.size() > limit) {
    while (limit != 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
    text.resize(limit);
  }
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

// Of "Title {#id}" or "Title {: #id .class }", which other renderers than GitHub's make ids of; empty if
// there is none.
std::string_view given_id(std::string_view heading) noexcept {
  const auto brace = heading.rfind('{');
  if (brace == heading.npos || !heading.ends_with('}')) return {};
  auto inside = heading.substr(brace + 1, heading.size() - brace - 2);
  const auto skip_space = [&] {
    inside.remove_prefix(std::min(inside.find_first_not_of(' '), inside.size()));
  };
  if (inside.starts_with(':')) inside.remove_prefix(1);
  skip_space();
  if (!inside.starts_with('#')) return {};
  return inside.substr(1, inside.find(' ') - 1);
}

// Where the first start or end tag of a heading is; npos if there is none. `before`: "<h" or "</h".
std::size_t find_heading_tag(std::string_view html, std::string_view before) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  const auto same = [&](char a, char b) { return lower(a) == b; };
  for (auto from = html.begin();; ++from) {
    from = std::search(from, html.end(), before.begin(), before.end(), same);
    const auto level = from == html.end() ? html.end() : from + static_cast<std::ptrdiff_t>(before.size());
    if (level == html.end() || level + 1 == html.end()) return html.npos;
    if (*level >= '1' && *level <= '6' && std::string_view{" \t\r\n/>"}.find(level[1]) != html.npos)
      return static_cast<std::size_t>(from - html.begin());
  }
}

/// The walk over the tree of a document.
class reader {
 public:
  explicit reader(const markdown_limits& limits) : limits_(limits) { html_options_.ids = true; }

  markdown_page read(cmark_node* document) {
    const std::unique_ptr<cmark_iter, iterator_deleter> each{cmark_iter_new(document)};
    for (auto event = cmark_iter_next(each.get()); event != CMARK_EVENT_DONE;
         event = cmark_iter_next(each.get()))
      visit(cmark_iter_get_node(each.get()), event == CMARK_EVENT_ENTER);
    page_.ids.pack();
    page_.ids.set_markdown();
    return std::move(page_);
  }

 private:
  void visit(cmark_node* node, bool enter) {
    const auto type = cmark_node_get_type(node);
    if (type == CMARK_NODE_LINK || type == CMARK_NODE_IMAGE) return on_link(node, type, enter);
    if (type == CMARK_NODE_HEADING) return on_heading(enter);
    if (!enter) return;
    if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE)
      return on_text(view(cmark_node_get_literal(node)));
    if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK) return on_text(" ");
    if (type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE) return on_html(node);
    if (type == CMARK_NODE_FOOTNOTE_DEFINITION)
      page_.ids.add("fn-" + std::string{view(cmark_node_get_literal(node))});
  }

  void on_link(cmark_node* node, cmark_node_type type, bool enter) {
    const bool image = type == CMARK_NODE_IMAGE;
    if (image) in_image_ += enter ? 1 : -1;
    if (enter) {
      open_.push_back(page_.links.size());
      page_.links.push_back({image ? link_kind::image : link_kind::anchor,
                             std::string{view(cmark_node_get_url(node))},
                             {},
                             line_of(node)});
    } else if (!open_.empty()) {
      auto& text = page_.links[open_.back()].text;
      text = cut(std::move(text), limits_.max_text_bytes);
      open_.pop_back();
    }
  }

  void on_text(std::string_view text) {
    // Beyond some depth nobody reads the texts, and nested links cannot occur.
    for (std::size_t i = open_.size() > 4 ? open_.size() - 4 : 0; i != open_.size(); ++i)
      append_collapsed(page_.links[open_[i]].text, text, limits_.max_text_bytes + 8);
    if (in_heading_ && in_image_ == 0) heading_ += text;
  }

  void on_heading(bool enter) {
    in_heading_ = enter;
    if (enter) return heading_.clear();
    page_.ids.add(given_id(heading_));
    add_heading(heading_);
  }

  // The first free one of "text", "text-1", "text-2": a heading may have such a text itself.
  void add_heading(std::string_view text) {
    const auto base = heading_anchor(text);
    auto anchor = base;
    auto next = seen_.try_emplace(base, 0);
    while (!next.second) {
      anchor = base + '-' + std::to_string(++seen_[base]);
      next = seen_.try_emplace(anchor, 0);
    }
    add_id(anchor);
  }

  // GitHub prefixes ids, and its pages find them by either name.
  void add_id(const std::string& id) {
    page_.ids.add(id);
    page_.ids.add("user-content-" + id);
  }

  void on_html(cmark_node* node) {
    const auto html = view(cmark_node_get_literal(node));
    const auto first = line_of(node);
    const auto sink = [&](const link& l) {
      const auto before =
          html.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(l.offset, html.size())));
      page_.links.push_back({l.kind,
                             std::string{l.url},
                             {},
                             first + static_cast<std::uint32_t>(std::ranges::count(before, '\n'))});
    };
    const auto facts = extract_links(html, sink, html_options_);
    page_.ids.merge(facts.ids);
    on_html_headings(html);
  }

  // They get anchors, too. A blank line ends a block of HTML, so that a heading may begin in one and end in
  // another.
  void on_html_headings(std::string_view html) {
    const auto end = find_heading_tag(html, "</h");
    const auto begin = find_heading_tag(html, "<h");
    if (end == html.npos && begin == html.npos) return;
    if (in_heading_ && end < begin) on_heading(false);
    if (begin == html.npos) return;
    document_limits small;
    small.max_bytes = 256U << 10U;
    small.max_time = std::chrono::milliseconds{200};
    try {
      const auto tree = document::parse(html, small);
      for (const auto& heading : tree.select("h1, h2, h3, h4, h5, h6"))
        if (auto text = heading.text(); !text.empty()) add_heading(text);
    } catch (const std::length_error&) {}  // a limit: no anchors
    if (end == html.npos) on_heading(true);
  }

  static std::uint32_t line_of(cmark_node* node) {
    for (; node; node = cmark_node_parent(node))
      if (const int line = cmark_node_get_start_line(node); line > 0) return static_cast<std::uint32_t>(line);
    return 0;
  }

  markdown_limits limits_;
  link_options html_options_;
  markdown_page page_;
  std::vector<std::size_t> open_;                      // links around the node, by index
  std::unordered_map<std::string, std::size_t> seen_;  // anchors, and how often they were made different
  std::string heading_;
  bool in_heading_ = false;
  int in_image_ = 0;
};

}  // namespace

markdown_page read_markdown(std::string_view document, const markdown_limits& limits) {
  if (document.size() > limits.max_bytes)
    throw boost::system::system_error(make_error_code(boost::system::errc::file_too_large),
                                      "the document has " + std::to_string(document.size()) +
                                          " bytes (limit " + std::to_string(limits.max_bytes) + ")");
  const auto text = without_front_matter(document);
  const auto tree = parse(text);
  return reader{limits}.read(tree.get());
}

}  // namespace bight::crawl
