#include <bight/crawl/document.hpp>

#include <algorithm>
#include <utility>

#include "crawl/html/scan.hpp"
#include "crawl/select/dom.hpp"
#include "crawl/select/selector.hpp"

namespace bight::crawl {
namespace {

std::string describe(std::string_view selector, std::size_t position, std::string_view reason) {
  constexpr std::size_t shown = 200;
  std::string text = "selector '";
  text.append(selector.substr(0, shown)).append(selector.size() > shown ? "...'" : "'");
  text.append(", character ").append(std::to_string(position + 1)).append(": ").append(reason);
  return text;
}

bool needs_places(const std::vector<select::compound>& all) {
  return std::ranges::any_of(all, [](const select::compound& part) {
    return std::ranges::any_of(part.all, [](const select::condition& c) {
      return c.what == select::condition::kind::nth || needs_places(c.list);
    });
  });
}

// Appends with white space collapsed; `space`: some is due before the next character.
void append_collapsed(std::string_view text, bool& space, std::string& out) {
  for (const char c : text) {
    if (html::is_space(c)) {
      space = true;
      continue;
    }
    if (std::exchange(space, false) && !out.empty()) out.push_back(' ');
    out.push_back(c);
  }
}

}  // namespace

selector_error::selector_error(std::string_view selector, std::size_t position, std::string_view reason)
    : std::invalid_argument(describe(selector, position, reason)), position_(position) {}

selector::impl::impl(std::string_view css)
    : compounds(select::parse_selector(css)), counts(needs_places(compounds)) {}

selector::selector(std::string_view css) : impl_(std::make_shared<const impl>(css)) {}

std::optional<std::string_view> detail::dom::attribute_of(std::uint32_t number,
                                                          std::string_view lower) const noexcept {
  const auto& n = nodes[number];
  for (auto i = n.attributes; i != n.attributes + n.attribute_count; ++i)
    if (at(all_attributes[i].name) == lower) return at(all_attributes[i].value);
  return std::nullopt;
}

std::string_view element::name() const noexcept { return tree_->at(tree_->nodes[node_].text); }

std::optional<std::string_view> element::attribute(std::string_view name) const noexcept {
  const auto& n = tree_->nodes[node_];
  for (auto i = n.attributes; i != n.attributes + n.attribute_count; ++i) {
    const auto& a = tree_->all_attributes[i];
    if (html::equals_lower(name, tree_->at(a.name))) return tree_->at(a.value);
  }
  return std::nullopt;
}

std::string element::text() const {
  std::string out;
  bool space = false;
  const auto& nodes = tree_->nodes;
  for (auto i = node_ + 1; i < nodes[node_].end;) {
    const auto text = tree_->at(nodes[i].text);
    if (nodes[i].is_element && (text == "script" || text == "style")) {
      i = nodes[i].end;
      continue;
    }
    if (!nodes[i].is_element) append_collapsed(text, space, out);
    if (nodes[i].is_element && text == "br") space = true;
    ++i;
  }
  return out;
}

std::string element::own_text() const {
  std::string out;
  const auto& nodes = tree_->nodes;
  for (auto i = node_ + 1; i < nodes[node_].end; i = nodes[i].end)
    if (!nodes[i].is_element) out.append(tree_->at(nodes[i].text));
  return out;
}

std::optional<element> element::parent() const noexcept {
  const auto above = tree_->nodes[node_].parent;
  if (above == 0) return std::nullopt;
  return element(*tree_, above);
}

std::vector<element> element::search(const selector& s, std::size_t most) const {
  std::vector<element> out;
  for (const auto node : detail::find(*tree_, node_, s.implementation(), most))
    out.push_back(element(*tree_, node));
  return out;
}

std::vector<element> element::select(const selector& s) const { return search(s, SIZE_MAX); }

std::optional<element> element::select_one(const selector& s) const {
  const auto found = search(s, 1);
  if (found.empty()) return std::nullopt;
  return found.front();
}

document document::parse(std::string_view html, const document_limits& limits) {
  return document(std::make_shared<const detail::dom>(detail::parse_html(html, limits)));
}

// gumbo makes one, whatever the page.
element document::root() const noexcept {
  std::uint32_t node = 1;
  while (node + 1 < tree_->nodes.size() && !tree_->nodes[node].is_element) ++node;
  return element(*tree_, node);
}

std::vector<element> document::select(const selector& s) const { return element(*tree_, 0).select(s); }
std::optional<element> document::select_one(const selector& s) const {
  return element(*tree_, 0).select_one(s);
}

}  // namespace bight::crawl
