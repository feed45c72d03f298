// Patterns of routes: "/items/{id:int}".
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bight::http::routing {

/// In the order of precedence.
enum class segment_kind : std::uint8_t { literal, integer, real, uuid, text, rest };
/// The kinds between `literal` and `rest`, of one segment of any content.
inline constexpr std::size_t typed_kinds = 4;

struct segment {
  segment_kind kind = segment_kind::literal;
  std::string text;  ///< A literal, or the name of a parameter.
};

struct pattern {
  static constexpr std::size_t max_params = 16;

  std::string text;
  std::vector<segment> segments;
  bool mounted = false;  ///< Stands for all paths below it.

  std::vector<std::string_view> param_names() const;
  bool is_literal() const noexcept;
};

/// Errors: std::invalid_argument, naming the pattern and the rule.
pattern parse_pattern(std::string_view text);
/// The same for a prefix, with or without a slash at its end.
pattern parse_prefix(std::string_view text);
/// `prefix` followed by `inner`. Errors: std::invalid_argument for repeated names and too many parameters.
pattern join(const pattern& prefix, const pattern& inner);

/// Whether the text of one segment is a value of a parameter of that kind. Not for literals and the rest.
bool fits(segment_kind kind, std::string_view value) noexcept;

}  // namespace bight::http::routing
