// The patterns of links that are not checked.
#pragma once
#include <bight/crawl/link_checker.hpp>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace bight::crawl::check {

class link_rules {
 public:
  /// Errors: std::invalid_argument with the place of a pattern that is not valid.
  link_rules(const std::vector<link_pattern>& patterns, std::size_t max_memory);
  link_rules(const link_rules&) = delete;
  link_rules& operator=(const link_rules&) = delete;
  ~link_rules();

  /// Whether a pattern matches anywhere in `url`.
  bool match(std::string_view url) const;

 private:
  struct compiled;
  std::vector<std::unique_ptr<compiled>> all_;
};

}  // namespace bight::crawl::check
