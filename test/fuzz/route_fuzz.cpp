// The tree of routes finds what trying every pattern finds. Input: lines of patterns, an empty line, and
// lines of paths.
#include <algorithm>
#include <array>
#include <bight/http/method.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/require.hpp"
#include "http/routing/path_text.hpp"
#include "http/routing/pattern.hpp"
#include "http/routing/route_tree.hpp"

namespace {

using namespace bight::http::routing;
using bight::http::method;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> all;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    all.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> all;
  for (path.remove_prefix(1); true; path.remove_prefix(all.back().size() + 1)) {
    all.push_back(path.substr(0, path.find('/')));
    if (all.back().size() == path.size()) return all;
  }
}

/// The kinds of the segments that match, or nothing. Smaller ones are preferred.
std::optional<std::vector<segment_kind>> match(const pattern& p, std::string_view path) {
  const auto names = split(path);
  const bool open = !p.segments.empty() && p.segments.back().kind == segment_kind::rest;
  if (p.mounted || open ? names.size() < p.segments.size() + (p.mounted ? 1 : 0)
                        : names.size() != p.segments.size())
    return std::nullopt;
  std::vector<segment_kind> kinds;
  for (std::size_t i = 0; i != p.segments.size(); ++i) {
    const auto& s = p.segments[i];
    if (s.kind == segment_kind::rest) {
      const auto from = static_cast<std::size_t>(names[i].data() - path.data());
      if (path.find(encoded_slash, from) != path.npos) return std::nullopt;
    } else if (s.kind == segment_kind::literal ? s.text != names[i] : !fits(s.kind, names[i])) {
      return std::nullopt;
    }
    kinds.push_back(s.kind);
  }
  if (p.mounted) kinds.push_back(static_cast<segment_kind>(static_cast<int>(segment_kind::rest) + 1));
  return kinds;
}

struct entry {
  pattern where;
  std::optional<method> m;
};

bool has(const entry& e, const method& m) {
  return e.m ? *e.m == m || (m == method::head && *e.m == method::get) : m != method::trace;
}

void check(const std::vector<entry>& entries, const route_tree& tree, std::string_view path,
           const method& m) {
  std::optional<std::vector<segment_kind>> best;
  bool any_path = false;
  for (const auto& e : entries) {
    const auto kinds = match(e.where, path);
    any_path = any_path || kinds;
    if (kinds && has(e, m) && (!best || *kinds < *best)) best = kinds;
  }
  found_route found;
  tree.find(path, m, found);
  require(found.route.has_value() == best.has_value());
  if (!found.route) {
    require(found.other_methods.empty() != any_path);
    require(found.params == 0);
    return;
  }
  const auto& chosen = entries[*found.route];
  require(has(chosen, m) && match(chosen.where, path) == best);
  require(found.params == chosen.where.param_names().size());
  for (std::size_t i = 0; i != found.params; ++i)
    require(std::size_t{found.captures[i].from} + found.captures[i].size <= path.size());
  if (chosen.where.mounted) require(nth_slash(path, found.segments) != path.npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t largest = 2000;
  if (size > largest) return 0;
  static const std::array<std::optional<method>, 4> methods{method::get, method::post, std::nullopt,
                                                            method::get};
  std::vector<entry> entries;
  route_tree tree;
  bool paths = false;
  for (const auto line : lines_of({reinterpret_cast<const char*>(data), size})) {
    if (!paths) {
      paths = line.empty();
      if (paths || entries.size() == 40) continue;
      try {
        entry e{parse_pattern(line), methods[line.size() % methods.size()]};
        e.where.mounted = line.size() % 5 == 0 &&
                          (e.where.segments.empty() || e.where.segments.back().kind != segment_kind::rest);
        if (!tree.add(e.where, e.m, entries.size())) entries.push_back(std::move(e));
      } catch (const std::invalid_argument&) {}
      continue;
    }
    std::string text;
    if (!line.starts_with('/') || !decode_path(line, text)) continue;
    require(std::count(text.begin(), text.end(), '/') == std::count(line.begin(), line.end(), '/'));
    static_cast<void>(has_dot_segment(text));
    for (const auto& m : {method::get, method::head, method::post, method::put, method::trace})
      check(entries, tree, text, m);
  }
  return 0;
}
