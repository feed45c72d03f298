#include "http/files/ranges.hpp"

#include <algorithm>
#include <bight/http/headers.hpp>
#include <limits>
#include <optional>
#include <utility>

#include "http/h1/chars.hpp"

namespace bight::http::files {
namespace {

constexpr std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();

// A number, huge if it does not fit: no file has so many bytes.
std::optional<std::uint64_t> parse_number(std::string_view digits) noexcept {
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (!h1::is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    value = value > (huge - digit) / 10 ? huge : value * 10 + digit;
  }
  return value;
}

// Reads "0-99", "100-" or "-50". Returns: false if it is malformed. Of a range that has no byte of the
// representation the size is 0.
bool parse_range(std::string_view spec, std::uint64_t size, byte_range& range) noexcept {
  const auto hyphen = spec.find('-');
  if (hyphen == spec.npos) return false;
  const auto last_text = spec.substr(hyphen + 1);
  const auto last = parse_number(last_text);
  if (hyphen == 0) {
    if (!last) return false;
    range.size = std::min(*last, size);
    range.first = size - range.size;
    return true;
  }
  const auto first = parse_number(spec.substr(0, hyphen));
  if (!first || (!last && !last_text.empty()) || (last && *last < *first)) return false;
  range.first = *first;
  range.size = *first < size ? std::min(last.value_or(huge), size - 1) - *first + 1 : 0;
  return true;
}

// Joins ranges that overlap or have a small gap. What is joined takes the place of its first part.
std::vector<byte_range> coalesce(const std::vector<byte_range>& asked) {
  std::vector<std::pair<byte_range, std::size_t>> placed;
  for (const auto& range : asked) placed.emplace_back(range, placed.size());
  std::sort(placed.begin(), placed.end(),
            [](const auto& a, const auto& b) { return a.first.first < b.first.first; });
  std::vector<std::pair<byte_range, std::size_t>> joined;
  for (const auto& [range, place] : placed) {
    if (!joined.empty()) {
      auto& [before, its_place] = joined.back();
      const auto end = before.first + before.size;
      if (range.first <= end || range.first - end < smallest_gap) {
        before.size = std::max(end, range.first + range.size) - before.first;
        its_place = std::min(its_place, place);
        continue;
      }
    }
    joined.emplace_back(range, place);
  }
  std::sort(joined.begin(), joined.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  std::vector<byte_range> parts;
  for (const auto& one : joined) parts.push_back(one.first);
  return parts;
}

}  // namespace

range_selection select_ranges(std::string_view field, std::uint64_t size, std::size_t max_ranges) {
  const auto equals = field.find('=');
  if (equals == field.npos || !equal_ignoring_case(field.substr(0, equals), "bytes")) return {};
  if (size == 0) return {};  // Content-Range cannot express the last bytes of nothing
  std::vector<byte_range> asked;
  std::size_t specs = 0;
  std::uint64_t unasked = size;
  const bool sane = h1::for_each_element(field.substr(equals + 1), [&](std::string_view spec) {
    byte_range range;
    if (++specs > max_ranges || !parse_range(spec, size, range) || range.size > unasked) return false;
    unasked -= range.size;
    if (range.size != 0) asked.push_back(range);
    return true;
  });
  if (!sane || specs == 0) return {};
  if (asked.empty()) return {range_selection::outcome::unsatisfiable, {}};
  return {range_selection::outcome::parts, coalesce(asked)};
}

std::string content_range(const byte_range& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + '-' + std::to_string(range.first + range.size - 1) + '/' +
         std::to_string(size);
}

}  // namespace bight::http::files
