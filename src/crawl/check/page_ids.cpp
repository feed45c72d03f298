#include "crawl/check/page_ids.hpp"

#include <bight/crawl/links.hpp>
#include <bight/crawl/markdown.hpp>
#include <bight/http/headers.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace bight::crawl::check {
namespace {

link_options only_ids(link_source source) {
  link_options o;
  o.source = source;
  o.ids = true;
  o.kinds = link_kinds{};
  return o;
}

bool is_utf8(std::string_view charset) {
  const auto same = [&](std::string_view name) { return http::equal_ignoring_case(charset, name); };
  return charset.empty() || same("utf-8") || same("utf8") || same("us-ascii");
}

}  // namespace

awaitable<std::shared_ptr<const fragment_ids>> read_ids(http::response& response, std::uint64_t max_body) {
  std::shared_ptr<const fragment_ids> nothing;
  std::string type_text;
  if (const auto field = response.headers().get(http::header_id::content_type)) type_text = *field;
  const auto type = http::media_type_view::parse(type_text);
  const bool markdown = type && type->is("text", "markdown");
  const bool xhtml = type && type->is("application", "xhtml+xml");
  const bool html = xhtml || (type && type->is("text", "html"));
  if (!html && !markdown) co_return nothing;

  const markdown_limits limits;
  if (markdown) max_body = limits.max_bytes;
  link_extractor extractor{only_ids(xhtml ? link_source::xhtml : link_source::html)};
  const auto sink = [](const link&) {};
  std::string document;
  std::uint64_t size = 0;
  while (true) {
    const auto piece = co_await response.read_piece();
    if (piece.empty()) break;
    size += piece.size();
    if (size > max_body) co_return nothing;
    if (markdown)
      document.append(piece);
    else
      extractor.feed(piece, sink);
  }
  fragment_ids ids;
  if (markdown) {
    ids = read_markdown(document, limits).ids;
  } else {
    extractor.finish(sink);
    ids = extractor.facts().ids;
    if (!is_utf8(type->charset) || !is_utf8(extractor.facts().charset)) ids.set_ascii_only();
  }
  ids.pack();
  co_return std::make_shared<const fragment_ids>(std::move(ids));
}

}  // namespace bight::crawl::check
