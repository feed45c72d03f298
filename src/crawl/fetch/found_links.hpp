// The links of a page that are in scope.
#pragma once
#include <bight/crawl/frontier.hpp>
#include <bight/crawl/links.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl {

/// Links for the frontier, stored in one string.
class found_links {
 public:
  void clear() noexcept {
    text_.clear();
    places_.clear();
  }
  void add(std::string_view url, std::uint32_t depth, link_kind kind, bool redirect) {
    places_.push_back({text_.size(), url.size(), depth, kind, redirect});
    text_.append(url);
  }
  /// Lifetime: until the next call of any member.
  std::span<const discovery> view() {
    discoveries_.clear();
    const std::string_view all = text_;
    for (const auto& p : places_)
      discoveries_.push_back({all.substr(p.begin, p.size), p.depth, p.kind, p.redirect});
    return discoveries_;
  }

 private:
  struct place {
    std::size_t begin;
    std::size_t size;
    std::uint32_t depth;
    link_kind kind;
    bool redirect;
  };
  std::string text_;
  std::vector<place> places_;
  std::vector<discovery> discoveries_;
};

}  // namespace bight::crawl
