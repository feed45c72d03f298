#include <bight/crawl/links.hpp>

#include <utility>
#include "crawl/html/page_links.hpp"

namespace bight::crawl {

std::string_view to_string(link_kind kind) noexcept {
  using enum link_kind;
  switch (kind) {
    case anchor:
      return "anchor";
    case area:
      return "area";
    case frame:
      return "frame";
    case form:
      return "form";
    case refresh:
      return "refresh";
    case canonical:
      return "canonical";
    case alternate:
      return "alternate";
    case next:
      return "next";
    case prev:
      return "prev";
    case stylesheet:
      return "stylesheet";
    case icon:
      return "icon";
    case preload:
      return "preload";
    case manifest:
      return "manifest";
    case other:
      return "other";
    case script:
      return "script";
    case image:
      return "image";
    case image_set:
      return "image_set";
    case media:
      return "media";
    case poster:
      return "poster";
    case track:
      return "track";
    case object:
      return "object";
    case embed:
      return "embed";
    case cite:
      return "cite";
    case css_import:
      return "css_import";
    case css_url:
      return "css_url";
  }
  return "unknown";
}

class link_extractor::impl {
 public:
  explicit impl(link_options options) : links(std::move(options)) {}
  html::page_links links;
};

link_extractor::link_extractor(link_options options) : impl_(std::make_unique<impl>(std::move(options))) {}
link_extractor::link_extractor(link_extractor&&) noexcept = default;
link_extractor& link_extractor::operator=(link_extractor&&) noexcept = default;
link_extractor::~link_extractor() = default;

void link_extractor::feed(std::string_view bytes, link_sink on_link) { impl_->links.feed(bytes, on_link); }
void link_extractor::finish(link_sink on_link) { impl_->links.finish(on_link); }
void link_extractor::reset() { impl_->links.reset(); }
const page_facts& link_extractor::facts() const noexcept { return impl_->links.facts(); }

page_facts extract_links(std::string_view page, link_sink on_link, link_options options) {
  html::page_links reader(std::move(options));
  reader.feed(page, on_link);
  reader.finish(on_link);
  return reader.facts();
}

}  // namespace bight::crawl
