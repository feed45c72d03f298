// A part of a pattern matches exactly what trying every way to match it finds; a pattern leads exactly where
// the definition of its parts does.
#include "fs/detail/glob_pattern.hpp"
#include "fuzz/require.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using bight::fs::detail::glob_part;
using bight::fs::detail::glob_pattern;
using bight::fs::detail::glob_step;

/// One piece of a part that matches exactly one character, or a star.
std::vector<std::string> pieces_of(std::string_view part) {
  std::vector<std::string> all;
  while (!part.empty()) {
    std::size_t size = 1;
    const auto first = static_cast<unsigned char>(part.front());
    if (first == '[') {
      std::size_t at = part.starts_with("[!") ? 2 : 1;
      at = part.find(']', at + 1);
      if (at != part.npos) size = at + 1;
    }
    while (first >= 0xC2 && size < part.size() && (static_cast<unsigned char>(part[size]) & 0xC0U) == 0x80U)
      ++size;
    all.emplace_back(part.substr(0, size));
    part.remove_prefix(size);
  }
  return all;
}

/// The definition, by a table of which prefixes match which. ASCII only.
bool matches(std::string_view part, std::string_view name) {
  std::vector<bool> reached(name.size() + 1, false);
  reached[0] = true;
  for (const auto& piece : pieces_of(part)) {
    std::vector<bool> next(name.size() + 1, false);
    for (std::size_t i = 0; i <= name.size(); ++i) {
      if (piece == "*")
        next[i] = reached[i] || (i != 0 && next[i - 1]);
      else
        next[i] = i != 0 && reached[i - 1] && glob_part{piece}.matches(name.substr(i - 1, 1));
    }
    reached = next;
  }
  return reached.back();
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> all;
  while (!text.empty()) {
    const auto end = text.find('/');
    if (end != 0) all.push_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return all;
}

/// The definition for paths: table[p] says that the parts before p match the names so far.
bool matches_path(const glob_pattern& pattern, const std::vector<std::string_view>& names, bool hidden) {
  const auto& parts = pattern.parts();
  std::vector<bool> reached(parts.size() + 1, false);
  reached[0] = true;
  for (std::size_t n = 0; n != names.size(); ++n) {
    std::vector<bool> next(parts.size() + 1, false);
    for (std::size_t p = 0; p != parts.size(); ++p) {
      const bool visible = hidden || !names[n].starts_with('.') || parts[p].matches_hidden();
      if (parts[p].any_depth()) {
        if (reached[p] && visible) next[p] = true;
        if (reached[p] && visible && p + 1 == parts.size() && n + 1 == names.size()) return true;
        if (reached[p] && p + 1 != parts.size() && !parts[p + 1].any_depth()) reached[p + 1] = true;
      } else if (reached[p] && visible && parts[p].matches(names[n])) {
        next[p + 1] = true;
      }
    }
    reached = next;
  }
  return !parts.empty() && reached.back();
}

bool follows_path(const glob_pattern& pattern, const std::vector<std::string_view>& names) {
  glob_step step;
  auto states = pattern.begin();
  bool match = false;
  for (const auto name : names) {
    pattern.follow(states, name, step);
    match = step.matches;
    for (const auto s : step.inside_link) require(s != 0 && s < pattern.parts().size());
    states = step.inside;
  }
  return match;
}

bool is_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (size > 400) return 0;
  const auto cut = input.find('\n');
  const auto text = input.substr(0, cut);
  const auto path = cut == std::string_view::npos ? std::string_view{} : input.substr(cut + 1);
  const auto names = split(path);
  for (const bool hidden : {false, true}) {
    const glob_pattern pattern{std::string{text}, hidden};
    require(text.starts_with(pattern.prefix()));
    require(follows_path(pattern, names) == matches_path(pattern, names, hidden));
    for (const auto& part : pattern.parts()) {
      require(text.substr(part.place()).starts_with(part.text()));
      for (const auto name : names) {
        const bool match = part.matches(name);
        if (is_ascii(part.text()) && is_ascii(name)) require(match == matches(part.text(), name));
      }
    }
  }
  return 0;
}
