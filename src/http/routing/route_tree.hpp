// Finds the route of a path: literal paths by hash, others in a tree of segments.
#pragma once
#include <array>
#include <bight/http/method.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "http/routing/pattern.hpp"

namespace bight::http::routing {

/// The routes of one pattern. A route is a number.
class route_set {
 public:
  bool empty() const noexcept { return routes_.empty() && !any_; }
  /// Returns the route that is there already, if any.
  std::optional<std::size_t> add(const std::optional<method>& m, std::size_t route);
  std::optional<std::size_t> find(const method& m) const noexcept;
  /// Adds the methods that are not in `to`.
  void list_methods(std::vector<method>& to) const;

 private:
  std::optional<std::size_t> exactly(const method& m) const noexcept;

  std::vector<std::pair<method, std::size_t>> routes_;
  std::optional<std::size_t> any_;
};

/// What was found for a path.
struct found_route {
  struct capture {
    std::uint32_t from;
    std::uint32_t size;
  };

  std::optional<std::size_t> route;
  std::size_t params = 0;
  std::array<capture, pattern::max_params> captures;  // of the path; the first `params` are set
  std::size_t segments = 0;                           // of the path, in front of what a mounted handler gets
  std::optional<std::size_t> scope;                   // if there is no route: the deepest on the way
  std::vector<const route_set*> other_methods;        // if there is no route: those of the path
};

class route_tree {
 public:
  route_tree();
  ~route_tree();

  /// Adds a route. Returns: the route with that method and path, if there is one; then nothing is changed.
  std::optional<std::size_t> add(const pattern& p, const std::optional<method>& m, std::size_t route);
  /// Paths below `prefix` that have no route belong to `scope`. The first scope of a prefix stays.
  void add_scope(const pattern& prefix, std::size_t scope);
  /// Finds the route for a decoded path. Precondition: it begins with a slash. Complexity: each node of the
  /// tree is visited at most once.
  void find(std::string_view path, const method& m, found_route& out) const;
  /// The methods of all routes.
  std::vector<method> methods() const;

 private:
  struct node;
  class search;
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };

  node& insert(const pattern& p);

  std::unique_ptr<node> root_;
  std::unordered_map<std::string, const route_set*, text_hash, std::equal_to<>> literal_;
  route_set all_;
};

}  // namespace bight::http::routing
