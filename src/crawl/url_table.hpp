// The known URLs of a frontier in memory.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::crawl::detail {

using index = std::uint32_t;
constexpr index none = static_cast<index>(-1);

// Beyond: known, but deeper than the limit. Trapped: ignored.
enum class state : std::uint8_t { beyond, trapped, pending, active, ok, redirect, broken, skipped };

struct entry {
  const char* text;
  std::uint32_t size;
  index referrer;  // none for a seed
  std::uint32_t depth;
  std::uint32_t attempts;
  std::uint32_t redirects;
  state now;
  bool redirected;  // the referrer is a redirect and not a page
};

// Text that lives as long as the frontier, without a header per string.
class arena {
 public:
  const char* keep(std::string_view text) {
    constexpr std::size_t block = 256 * 1024;
    if (text.size() > left_) {
      left_ = std::max(block, text.size());
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
      free_ = blocks_.back().get();
    }
    char* const at = free_;
    std::memcpy(at, text.data(), text.size());
    free_ += text.size();
    left_ -= text.size();
    return at;
  }

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* free_ = nullptr;
  std::size_t left_ = 0;
};

// The known URLs: an exact set, eight bytes a slot beside the entries.
class url_table {
 public:
  url_table() : slots_(1024) {}

  std::size_t size() const noexcept { return entries_.size(); }
  entry& operator[](index i) noexcept { return entries_[i]; }
  const entry& operator[](index i) const noexcept { return entries_[i]; }
  std::string_view text(index i) const noexcept { return {entries_[i].text, entries_[i].size}; }

  index find(std::string_view url) const noexcept {  // none if unknown
    const auto tag = hash(url);
    for (std::size_t at = tag & mask();; at = (at + 1) & mask()) {
      const auto& s = slots_[at];
      if (s.id == none) return none;
      if (s.tag == tag && text(s.id) == url) return s.id;
    }
  }
  // Returns the entry of `url`, and whether it is new.
  std::pair<index, bool> insert(std::string_view url) { return insert(url, hash(url)); }
  std::pair<index, bool> insert(std::string_view url, std::uint32_t tag) {
    if ((entries_.size() + 1) * 4 > slots_.size() * 3) grow();
    std::size_t at = tag & mask();
    for (; slots_[at].id != none; at = (at + 1) & mask())
      if (slots_[at].tag == tag && text(slots_[at].id) == url) return {slots_[at].id, false};
    const auto id = static_cast<index>(entries_.size());
    entries_.push_back(
        {texts_.keep(url), static_cast<std::uint32_t>(url.size()), none, 0, 0, 0, state::beyond, false});
    slots_[at] = {tag, id};
    return {id, true};
  }

  static std::uint32_t hash(std::string_view text) noexcept {
    constexpr std::uint64_t factor = 0x9E37'79B9'7F4A'7C15U;
    std::uint64_t h = text.size() * factor;
    while (text.size() >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), 8);
      h = (h ^ word) * factor;
      h ^= h >> 32U;
      text.remove_prefix(8);
    }
    std::uint64_t rest = 0;
    std::memcpy(&rest, text.data(), text.size());
    h = (h ^ rest) * factor;
    h ^= h >> 32U;
    return static_cast<std::uint32_t>(h * factor >> 32U);
  }
  /// Brings what `insert` will look at nearer: the slot, and, when that is there, the entry.
  void prefetch_slot(std::uint32_t tag) const noexcept { __builtin_prefetch(&slots_[tag & mask()]); }
  void prefetch_entry(std::uint32_t tag) const noexcept {
    const auto& s = slots_[tag & mask()];
    if (s.id != none) __builtin_prefetch(&entries_[s.id]);
  }

 private:
  struct slot {
    std::uint32_t tag = 0;
    index id = none;
  };
  std::size_t mask() const noexcept { return slots_.size() - 1; }
  void grow() {
    std::vector<slot> bigger(slots_.size() * 2);
    slots_.swap(bigger);
    for (const auto& s : bigger) {
      if (s.id == none) continue;
      std::size_t at = s.tag & mask();
      while (slots_[at].id != none) at = (at + 1) & mask();
      slots_[at] = s;
    }
  }

  arena texts_;
  std::deque<entry> entries_;
  std::vector<slot> slots_;
};

// The links between URLs, so that a shorter path found later reaches everything behind it.
class link_graph {
 public:
  void add(index from, index to, bool redirect) {
    if (from >= out_.size()) out_.resize(from + std::size_t{1});
    auto& list = out_[from];
    if (list.empty() || list.back().to != to) list.emplace_back(to, redirect);
  }
  struct edge {
    index to : 31;
    index redirect : 1;  // costs no depth
    edge(index t, bool r) noexcept : to(t & 0x7fff'ffffU), redirect(r ? 1U : 0U) {}
  };
  std::span<const edge> from(index i) const noexcept {
    return i < out_.size() ? std::span<const edge>{out_[i]} : std::span<const edge>{};
  }

 private:
  std::vector<std::vector<edge>> out_;
};

}  // namespace bight::crawl::detail
