// A pattern of paths, without a file system.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bight::fs::detail {

/// What stands between two slashes of a pattern.
class glob_part {
 public:
  explicit glob_part(std::string_view text, std::size_t place = 0);

  const std::string& text() const noexcept { return text_; }
  /// Where it stands in the pattern, in bytes.
  std::size_t place() const noexcept { return place_; }
  /// It is `**`.
  bool any_depth() const noexcept { return text_ == "**"; }
  /// It matches nothing but itself.
  bool literal() const noexcept { return literal_; }
  /// It matches names that begin with a dot without being told to.
  bool matches_hidden() const noexcept { return text_.front() == '.'; }
  /// The whole of `name`; dots are like all characters. Complexity: the product of both lengths.
  bool matches(std::string_view name) const noexcept;

  static bool has_wildcard(std::string_view text) noexcept { return text.find_first_of("*?[") != text.npos; }

 private:
  struct range {
    char32_t first;
    char32_t last;
  };
  enum class token_kind : std::uint8_t { character, any_one, any_number, one_of, none_of };
  struct token {
    token_kind kind;
    char32_t character = 0;
    std::size_t first_range = 0;
    std::size_t end_range = 0;
  };
  std::size_t add_set(std::string_view text);
  bool accepts(const token& t, char32_t c) const noexcept;

  std::string text_;
  std::size_t place_;
  bool literal_;
  std::vector<token> tokens_;
  std::vector<range> ranges_;
};

/// The states of a search in one directory: the numbers of the parts that what is in it may match, sorted.
using glob_states = std::vector<std::size_t>;

/// What a name in a directory leads to.
struct glob_step {
  bool matches = false;               ///< The whole pattern.
  bool matches_as_directory = false;  ///< The whole pattern, if it leads to a directory: `a/` for `a/**`.
  glob_states inside;                 ///< For what is in it, if it is a directory.
  glob_states inside_link;            ///< ... if it is a link to one.
};

class glob_pattern {
 public:
  /// Preconditions: no zero byte, limits hold.
  explicit glob_pattern(std::string text, bool include_hidden = false);

  const std::string& text() const noexcept { return text_; }
  /// What is before the first part with a wildcard, as it stands there, without the slash between them; all
  /// of it if there is none.
  const std::string& prefix() const noexcept { return prefix_; }
  /// From the first with a wildcard on.
  const std::vector<glob_part>& parts() const noexcept { return parts_; }
  /// It ends with a slash.
  bool directories_only() const noexcept { return text_.ends_with('/'); }

  /// In the directory of the prefix.
  glob_states begin() const;
  /// The prefix alone is a match.
  bool matches_prefix() const noexcept { return parts_.size() == 1 && parts_.front().any_depth(); }
  /// True if a name that is not known may match.
  bool must_list(const glob_states& states) const noexcept;
  /// Follows a name that a directory lists: not "." or "..".
  void follow(const glob_states& states, std::string_view name, glob_step& to) const;
  /// Follows a name that stands in the pattern.
  void follow_literal(const glob_states& states, std::string_view name, glob_step& to) const;

 private:
  void pass(std::size_t state, glob_step& to) const;
  void add(glob_states& states, std::size_t state) const;

  std::string text_;
  std::string prefix_;
  std::vector<glob_part> parts_;
  bool include_hidden_;
};

}  // namespace bight::fs::detail
