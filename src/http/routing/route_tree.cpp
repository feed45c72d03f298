#include "http/routing/route_tree.hpp"

#include <algorithm>

#include "http/routing/path_text.hpp"

namespace bight::http::routing {

std::optional<std::size_t> route_set::exactly(const method& m) const noexcept {
  for (const auto& [known, route] : routes_)
    if (known == m) return route;
  return std::nullopt;
}

std::optional<std::size_t> route_set::add(const std::optional<method>& m, std::size_t route) {
  const auto known = m ? exactly(*m) : any_;
  if (known) return known;
  if (m)
    routes_.emplace_back(*m, route);
  else
    any_ = route;
  return std::nullopt;
}

std::optional<std::size_t> route_set::find(const method& m) const noexcept {
  if (const auto route = exactly(m)) return route;
  if (m == method::head) {
    if (const auto route = exactly(method::get)) return route;
  }
  return m == method::trace ? std::nullopt : any_;
}

void route_set::list_methods(std::vector<method>& to) const {
  const auto list = [&to](const method& m) {
    if (std::find(to.begin(), to.end(), m) == to.end()) to.push_back(m);
  };
  for (const auto& [m, route] : routes_) {
    list(m);
    if (m == method::get) list(method::head);
  }
  if (!any_) return;
  for (const auto& m : {method::get, method::head, method::post, method::put, method::patch, method::delete_})
    list(m);
}

struct route_tree::node {
  std::vector<std::pair<std::string, std::unique_ptr<node>>> literals;  // sorted
  std::array<std::unique_ptr<node>, typed_kinds> typed;                 // by kind
  route_set here;
  route_set rest;     // of a path parameter
  route_set mounted;  // below here
  std::optional<std::size_t> scope;

  static std::string_view key(const std::pair<std::string, std::unique_ptr<node>>& l) noexcept {
    return l.first;
  }
  node& literal(const std::string& text) {
    auto at = std::ranges::lower_bound(literals, std::string_view{text}, {}, key);
    if (at == literals.end() || at->first != text) at = literals.emplace(at, text, std::make_unique<node>());
    return *at->second;
  }
  const node* find(std::string_view text) const noexcept {
    const auto at = std::ranges::lower_bound(literals, text, {}, key);
    return at == literals.end() || at->first != text ? nullptr : at->second.get();
  }
};

route_tree::route_tree() : root_(std::make_unique<node>()) {}
route_tree::~route_tree() = default;

route_tree::node& route_tree::insert(const pattern& p) {
  auto* at = root_.get();
  for (const auto& s : p.segments) {
    if (s.kind == segment_kind::rest) break;
    if (s.kind == segment_kind::literal) {
      at = &at->literal(s.text);
      continue;
    }
    auto& child = at->typed[static_cast<std::size_t>(s.kind) - 1];
    if (!child) child = std::make_unique<node>();
    at = child.get();
  }
  return *at;
}

std::optional<std::size_t> route_tree::add(const pattern& p, const std::optional<method>& m,
                                           std::size_t route) {
  auto& at = insert(p);
  const bool rest = !p.segments.empty() && p.segments.back().kind == segment_kind::rest;
  auto& routes = p.mounted ? at.mounted : rest ? at.rest : at.here;
  if (const auto known = routes.add(m, route)) return known;
  all_.add(m, route);
  if (p.is_literal()) {
    std::string text;
    for (const auto& s : p.segments) text.append("/").append(s.text);
    literal_.try_emplace(text, &routes);
  }
  return std::nullopt;
}

void route_tree::add_scope(const pattern& prefix, std::size_t scope) {
  auto& at = insert(prefix);
  if (!at.scope) at.scope = scope;
}

std::vector<method> route_tree::methods() const {
  std::vector<method> all;
  all_.list_methods(all);
  return all;
}

class route_tree::search {
 public:
  search(std::string_view path, const method& m, found_route& out) noexcept
      : path_(path), method_(&m), out_(&out) {}

  /// Tries the segment at `from` and what follows it; npos: the path has ended.
  bool visit(const node& n, std::size_t from, std::size_t depth) {
    constexpr auto ended = std::string_view::npos;
    if (from == ended) return take(n.here);
    if (n.scope && (!out_->scope || depth > scope_depth_)) {
      out_->scope = n.scope;
      scope_depth_ = depth;
    }
    const auto end = std::min(path_.find('/', from), path_.size());
    const auto text = path_.substr(from, end - from);
    const auto next = end == path_.size() ? ended : end + 1;
    if (const auto* const child = n.find(text); child && visit(*child, next, depth + 1)) return true;
    for (std::size_t kind = 0; kind != typed_kinds; ++kind) {
      const auto* const child = n.typed[kind].get();
      if (!child || text.empty() || !fits(static_cast<segment_kind>(kind + 1), text)) continue;
      push(from, end);
      if (visit(*child, next, depth + 1)) return true;
      --out_->params;
    }
    return take_rest(n, from) || take_mounted(n, depth);
  }

 private:
  bool take(const route_set& routes) {
    if (routes.empty()) return false;
    out_->route = routes.find(*method_);
    if (!out_->route) out_->other_methods.push_back(&routes);
    return out_->route.has_value();
  }
  bool take_rest(const node& n, std::size_t from) {
    if (n.rest.empty() || path_.find(encoded_slash, from) != path_.npos) return false;
    push(from, path_.size());
    if (take(n.rest)) return true;
    --out_->params;
    return false;
  }
  bool take_mounted(const node& n, std::size_t depth) {
    if (!take(n.mounted)) return false;
    out_->segments = depth;
    return true;
  }
  void push(std::size_t from, std::size_t end) noexcept {
    out_->captures[out_->params++] = {static_cast<std::uint32_t>(from),
                                      static_cast<std::uint32_t>(end - from)};
  }

  std::string_view path_;
  const method* method_;
  found_route* out_;
  std::size_t scope_depth_ = 0;
};

void route_tree::find(std::string_view path, const method& m, found_route& out) const {
  if (const auto known = literal_.find(path); known != literal_.end()) {
    out.route = known->second->find(m);
    if (out.route) return;
  }
  search{path, m, out}.visit(*root_, 1, 0);
}

}  // namespace bight::http::routing
