// What a cookie_jar holds: cookies by their domain.
#pragma once
#include <bight/core/clock.hpp>
#include <bight/http/cookie_jar.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/cookies/domain.hpp"

namespace bight::http {

class cookie_jar::impl {
 public:
  explicit impl(const cookie_jar_options& options);

  const cookie_jar_options& options() const noexcept { return options_; }
  std::size_t size() const noexcept { return size_; }
  void clear() noexcept;

  bool store(const url& where, std::string_view text);
  /// Checks what a program or a file says. Returns: what is wrong with it, or null. Completes the domain.
  const char* check(cookie& c) const;
  /// Stores a cookie in place of the one that it replaces. Precondition: it is valid.
  void insert(cookie c);
  std::vector<cookie> all() const;
  /// Calls `use(const cookie&)` for the cookies of a request, in their order.
  template <class Use>
  void for_request(const url& where, Use use);
  std::size_t remove(const url& where, std::string_view name);
  /// Removes the cookies for which `condition(const cookie&)` is true. Returns: their number.
  template <class Condition>
  std::size_t remove_if(Condition condition);

 private:
  struct entry {
    http::cookie cookie;
    std::uint64_t created = 0;  // counted, so that cookies of one moment keep their order
    std::uint64_t used = 0;
  };
  using shelf = std::vector<entry>;
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };

  std::vector<entry*> matching(const url& where);
  bool shadows_secure(const http::cookie& c) const;
  void keep_limits(const std::string& domain);
  static shelf::iterator victim(shelf& from);

  cookie_jar_options options_;
  std::unordered_map<std::string, shelf, text_hash, std::equal_to<>> shelves_;
  std::size_t size_ = 0;
  std::uint64_t last_number_ = 0;
};

template <class Use>
void cookie_jar::impl::for_request(const url& where, Use use) {
  for (entry* const e : matching(where)) {
    e->used = ++last_number_;
    use(static_cast<const http::cookie&>(e->cookie));
  }
}

template <class Condition>
std::size_t cookie_jar::impl::remove_if(Condition condition) {
  std::size_t removed = 0;
  for (auto it = shelves_.begin(); it != shelves_.end();) {
    removed += std::erase_if(it->second, [&](const entry& e) { return condition(e.cookie); });
    it = it->second.empty() ? shelves_.erase(it) : std::next(it);
  }
  size_ -= removed;
  return removed;
}

}  // namespace bight::http
