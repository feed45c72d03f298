// Recognises sites without end by their URLs.
#pragma once
#include <bight/crawl/frontier.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace bight::crawl {

class trap_guard {
 public:
  explicit trap_guard(const trap_limits& limits) : limits_(limits) {}

  /// Whether a new URL is to be ignored. Counts it.
  bool catches(std::string_view href);

 private:
  bool has_endless_path(std::string_view path) const noexcept;

  trap_limits limits_;
  std::unordered_map<std::uint64_t, std::size_t> queries_;  // by hash of what is before the query
};

}  // namespace bight::crawl
