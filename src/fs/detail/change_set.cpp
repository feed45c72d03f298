#include "fs/detail/change_set.hpp"

#include <iterator>
#include <utility>

namespace bight::fs::detail {

void change_set::note(const std::string& path, event what, before known) {
  ++events_;
  if (overflowed_) return;
  const auto [i, first] = entries_.try_emplace(path, entry{known});
  auto& e = i->second;
  if (what == event::appeared || what == event::appeared_unclear) e.there = true;
  if (what == event::vanished || what == event::moved_away) e.there = false;
  if (!e.there && known == before::unknown) e.known = known;
  if (what == event::moved_away || what == event::appeared_unclear) e.unclear = true;
  if (!e.there && e.known == before::absent)
    entries_.erase(i);
  else if (first && entries_.size() > limit_)
    overflow();
}

void change_set::vanish_below(const std::string& directory) {
  ++events_;
  const auto prefix = directory.ends_with('/') ? directory : directory + '/';
  auto i = entries_.lower_bound(prefix);
  while (i != entries_.end() && i->first.starts_with(prefix)) {
    i->second.there = false;
    i = i->second.known == before::absent ? entries_.erase(i) : std::next(i);
  }
}

void change_set::overflow() noexcept {
  ++events_;
  entries_.clear();
  overflowed_ = true;
}

void change_set::clear() noexcept {
  entries_.clear();
  overflowed_ = false;
}

std::vector<change> change_set::batch(const std::filesystem::path& root, const watch_filter& filter) const {
  std::vector<change> all;
  if (overflowed_) all.push_back({change_kind::rescan, root});
  for (const auto& [path, e] : entries_) {
    const auto kind = !e.there                     ? change_kind::removed
                      : e.unclear                  ? change_kind::rescan
                      : e.known == before::present ? change_kind::modified
                                                   : change_kind::added;
    change c{kind, path};
    if (c.kind == change_kind::rescan || !filter || filter(c)) all.push_back(std::move(c));
  }
  return all;
}

}  // namespace bight::fs::detail
