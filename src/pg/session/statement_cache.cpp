#include "pg/session/statement_cache.hpp"

#include <algorithm>
#include <utility>

namespace bight::pg::detail {

// A search of all, but only when a statement is dropped for a new one: a cache that is too small costs more.
void statement_cache::insert(std::string_view sql, std::shared_ptr<statement> s) {
  if (max_ == 0) return;
  if (all_.size() >= max_) {
    const auto oldest =
        std::ranges::min_element(all_, {}, [](const auto& entry) { return entry.second->used; });
    dropped_.push_back(std::move(oldest->second));
    all_.erase(oldest);
  }
  s->used = ++clock_;
  all_.insert_or_assign(std::string{sql}, std::move(s));
}

void statement_cache::erase(std::string_view sql) {
  const auto found = all_.find(sql);
  if (found == all_.end()) return;
  dropped_.push_back(std::move(found->second));
  all_.erase(found);
}

void statement_cache::clear() {
  for (auto& [sql, s] : all_) dropped_.push_back(std::move(s));
  all_.clear();
}

}  // namespace bight::pg::detail
