// Which elements match a selector: one pass in document order. For each element, a bit says for each part of
// the selector that the parts up to it match there; a part needs the bit of the part before it at an
// ancestor, the parent or a sibling. Nothing is tried twice, so that no selector and no page is slow.
#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "crawl/html/scan.hpp"
#include "crawl/select/dom.hpp"
#include "crawl/select/selector.hpp"

namespace bight::crawl::detail {
namespace {

using select::combinator;
using select::compound;
using select::condition;
using kind = select::condition::kind;
using parts = std::uint64_t;

// From 1, from both ends.
struct places {
  std::int32_t index = 1;
  std::int32_t from_end = 1;
  std::int32_t of_type = 1;
  std::int32_t of_type_from_end = 1;
};

bool equal(std::string_view text, std::string_view wanted, bool any_case) noexcept {
  return any_case ? html::equals_lower(text, wanted) : text == wanted;
}

bool has_word(std::string_view text, std::string_view wanted, bool any_case) noexcept {
  if (wanted.empty()) return false;
  while (true) {
    const auto word = html::next_token(text, html::is_space);
    if (word.empty()) return false;
    if (equal(word, wanted, any_case)) return true;
  }
}

bool has_part(std::string_view text, std::string_view wanted, bool any_case) noexcept {
  if (!any_case) return text.find(wanted) != text.npos;
  const auto same = [](char a, char b) { return html::to_lower(a) == b; };
  return std::search(text.begin(), text.end(), wanted.begin(), wanted.end(), same) != text.end();
}

bool value_matches(std::string_view value, const condition& c) noexcept {
  const std::string_view wanted = c.value;
  const bool fits = value.size() >= wanted.size() && !wanted.empty();
  switch (c.what) {
    case kind::present:
      return true;
    case kind::equal:
    case kind::id:
      return equal(value, wanted, c.any_case);
    case kind::word:
    case kind::class_:
      return has_word(value, wanted, c.any_case);
    case kind::dash:
      return equal(value, wanted, c.any_case) ||
             (value.size() > wanted.size() && value[wanted.size()] == '-' &&
              equal(value.substr(0, wanted.size()), wanted, c.any_case));
    case kind::prefix:
      return fits && equal(value.substr(0, wanted.size()), wanted, c.any_case);
    case kind::suffix:
      return fits && equal(value.substr(value.size() - wanted.size()), wanted, c.any_case);
    case kind::contains:
      return fits && has_part(value, wanted, c.any_case);
    default:
      return false;
  }
}

class finder {
 public:
  finder(const dom& tree, const selector::impl& s) : tree_(tree), selector_(s) {}
  std::vector<std::uint32_t> run(std::uint32_t scope, std::size_t most);

 private:
  struct state {
    parts here = 0;      // what matches at the element
    parts above = 0;     // at it or an ancestor
    parts before = 0;    // at the last child so far
    parts siblings = 0;  // at any child so far
  };

  void count(std::uint32_t parent);
  bool holds(std::uint32_t node, const condition& c) const;
  bool holds(std::uint32_t node, const compound& c) const {
    return std::ranges::all_of(c.all, [&](const condition& one) { return holds(node, one); });
  }
  bool is_empty(std::uint32_t node) const;
  bool in_place(std::uint32_t node, const condition& c) const;
  parts match(std::uint32_t node, const state& parent) const;

  const dom& tree_;
  const selector::impl& selector_;
  std::uint32_t scope_ = 0;
  std::vector<places> places_;  // from the scope
};

// The places of the children of a node.
void finder::count(std::uint32_t parent) {
  std::unordered_map<std::string_view, std::int32_t> of_type;
  std::int32_t all = 0;
  const auto end = tree_.nodes[parent].end;
  const auto each = [&](auto f) {
    for (auto child = parent + 1; child != end; child = tree_.nodes[child].end)
      if (tree_.nodes[child].is_element) f(places_[child - scope_], tree_.at(tree_.nodes[child].text));
  };
  each([&](places& p, std::string_view name) {
    p.index = ++all;
    p.of_type = ++of_type[name];
  });
  each([&](places& p, std::string_view name) {
    p.from_end = all - p.index + 1;
    p.of_type_from_end = of_type[name] - p.of_type + 1;
  });
}

bool finder::is_empty(std::uint32_t node) const {
  for (auto child = node + 1; child != tree_.nodes[node].end; child = tree_.nodes[child].end)
    if (tree_.nodes[child].is_element || tree_.nodes[child].text.size != 0) return false;
  return true;
}

bool finder::in_place(std::uint32_t node, const condition& c) const {
  const auto& p = places_[node - scope_];
  const auto at =
      c.of_type ? (c.from_end ? p.of_type_from_end : p.of_type) : (c.from_end ? p.from_end : p.index);
  const auto steps = at - c.offset;
  if (c.step == 0) return steps == 0;
  return steps % c.step == 0 && steps / c.step >= 0;
}

bool finder::holds(std::uint32_t node, const condition& c) const {
  switch (c.what) {
    case kind::name:
      return tree_.at(tree_.nodes[node].text) == c.name;
    case kind::nth:
      return in_place(node, c);
    case kind::empty:
      return is_empty(node);
    case kind::root:
      return tree_.nodes[node].parent == 0;
    case kind::not_:
      return std::ranges::none_of(c.list, [&](const compound& one) { return holds(node, one); });
    case kind::is:
      return std::ranges::any_of(c.list, [&](const compound& one) { return holds(node, one); });
    default: {
      const auto name = c.what == kind::id       ? std::string_view{"id"}
                        : c.what == kind::class_ ? std::string_view{"class"}
                                                 : std::string_view{c.name};
      const auto value = tree_.attribute_of(node, name);
      return value && value_matches(*value, c);
    }
  }
}

parts finder::match(std::uint32_t node, const state& parent) const {
  parts found = 0;
  for (std::size_t i = 0; i != selector_.compounds.size(); ++i) {
    const auto& part = selector_.compounds[i];
    const auto before = i == 0 ? parts{0} : parts{1} << (i - 1);
    const auto ready = part.relation == combinator::first        ? before | parts{1}
                       : part.relation == combinator::descendant ? parent.above & before
                       : part.relation == combinator::child      ? parent.here & before
                       : part.relation == combinator::adjacent   ? parent.before & before
                                                                 : parent.siblings & before;
    if (ready != 0 && holds(node, part)) found |= parts{1} << i;
  }
  return found;
}

std::vector<std::uint32_t> finder::run(std::uint32_t scope, std::size_t most) {
  scope_ = scope;
  const auto end = tree_.nodes[scope].end;
  parts subjects = 0;
  for (std::size_t i = 0; i != selector_.compounds.size(); ++i)
    if (selector_.compounds[i].subject) subjects |= parts{1} << i;
  if (selector_.counts) {
    places_.resize(end - scope);
    if (scope != 0) {
      // The places of the element itself, among its siblings.
      const auto parent = tree_.nodes[scope].parent;
      finder outer(tree_, selector_);
      outer.scope_ = parent;
      outer.places_.resize(tree_.nodes[parent].end - parent);
      outer.count(parent);
      places_[0] = outer.places_[scope - parent];
    }
  }
  std::vector<state> states(end - scope);
  std::vector<std::uint32_t> out;
  for (auto node = scope; node != end && out.size() < most; ++node) {
    if (node != 0 && !tree_.nodes[node].is_element) continue;
    state none;
    auto& parent = node == scope ? none : states[tree_.nodes[node].parent - scope];
    auto& mine = states[node - scope];
    if (node != 0) mine.here = match(node, parent);
    mine.above = parent.above | mine.here;
    parent.before = mine.here;
    parent.siblings |= mine.here;
    if (node != scope && (mine.here & subjects) != 0) out.push_back(node);
    if (selector_.counts) count(node);
  }
  return out;
}

}  // namespace

std::vector<std::uint32_t> find(const dom& tree, std::uint32_t node, const selector::impl& s,
                                std::size_t most) {
  return finder{tree, s}.run(node, most);
}

}  // namespace bight::crawl::detail
