// fragments: does a page have the element that a fragment names?
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bight::crawl {

/// The element that a fragment asks for, percent-encoded as it is in the URL, without a text directive
/// (`:~:text=`); empty if every page has it: the fragment is empty, `top`, a text directive alone, or a state
/// of a program, `/...` or `!...`. Lifetime: that of `fragment`.
std::string_view checkable_fragment(std::string_view fragment) noexcept;

/// The ids of a page: `id` of its elements, `name` of its `a` elements, anchors of Markdown headings. Stores
/// 8 bytes for each.
class fragment_ids {
 public:
  /// Beyond this number, every fragment counts as found.
  static constexpr std::size_t default_limit = 1'000'000;

  fragment_ids() noexcept = default;
  explicit fragment_ids(std::size_t limit) noexcept : limit_(limit) {}

  /// Adds an id, in UTF-8.
  void add(std::string_view id);
  /// Adds the ids of `other`.
  void merge(const fragment_ids& other);
  /// The ids are in an encoding other than UTF-8: fragments that are not ASCII count as found.
  void set_ascii_only() noexcept { ascii_only_ = true; }
  /// The ids are those of a Markdown page: as on GitHub, case does not matter, and `#readme` and lines of the
  /// source (`#L10`, `#L10-L12`) count as found.
  void set_markdown() noexcept { markdown_ = true; }
  /// Sorts the ids, for fast lookups, and drops duplicates and spare memory.
  void pack();
  void clear() noexcept;

  /// Whether there is an element for the fragment, as written or percent-decoded (HTML 7.4.6.4).
  /// Fragments that checkable_fragment does not check are always found.
  bool contains(std::string_view fragment) const;
  /// Whether there were more ids than the limit.
  bool overflowed() const noexcept { return overflowed_; }
  /// The number of ids, each as often as it was added until pack().
  std::size_t size() const noexcept { return hashes_.size(); }

 private:
  bool has(std::string_view id) const;

  std::vector<std::uint64_t> hashes_;
  std::size_t limit_ = default_limit;
  bool packed_ = true;
  bool overflowed_ = false;
  bool ascii_only_ = false;
  bool markdown_ = false;
};

}  // namespace bight::crawl
