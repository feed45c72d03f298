#include "fs/detail/glob_pattern.hpp"

#include <algorithm>
#include <utility>

namespace bight::fs::detail {
namespace {

struct decoded {
  char32_t character;
  std::size_t size;
};

// A byte that belongs to no character is one in the range that Python's surrogateescape uses.
decoded decode(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  constexpr char32_t escaped = 0xDC00;
  const decoded alone{first < 0x80 ? first : escaped + first, 1};
  const std::size_t size = first < 0xC2 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 1;
  if (size == 1 || text.size() < size) return alone;
  char32_t c = first & (0x7FU >> size);
  for (std::size_t i = 1; i != size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return alone;
    c = c << 6U | (byte(i) & 0x3FU);
  }
  const bool too_long = (size == 3 && c < 0x800) || (size == 4 && c < 0x10000);
  const bool none = too_long || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000);
  return none ? alone : decoded{c, size};
}

decoded take(std::string_view& text) noexcept {
  const auto d = decode(text);
  text.remove_prefix(d.size);
  return d;
}

// Where the set ends that begins at `at` with its bracket; npos if it does not.
std::size_t end_of_set(std::string_view text, std::size_t at) noexcept {
  ++at;
  if (at < text.size() && text[at] == '!') ++at;
  if (at < text.size() && text[at] == ']') ++at;  // the first one belongs to the set
  return text.find(']', at);
}

}  // namespace

glob_part::glob_part(std::string_view text, std::size_t place)
    : text_(text), place_(place), literal_(!has_wildcard(text)) {
  if (literal_) return;
  while (!text.empty()) {
    const char c = text.front();
    if (c == '[' && end_of_set(text, 0) != text.npos) {
      text.remove_prefix(add_set(text));
    } else if (c == '*') {
      if (tokens_.empty() || tokens_.back().kind != token_kind::any_number)
        tokens_.push_back({token_kind::any_number});
      text.remove_prefix(1);
    } else {
      tokens_.push_back({c == '?' ? token_kind::any_one : token_kind::character, take(text).character});
    }
  }
}

// Returns how many bytes it is long.
std::size_t glob_part::add_set(std::string_view text) {
  const auto end = end_of_set(text, 0);
  auto rest = text.substr(1, end - 1);
  const bool none = rest.starts_with('!');
  if (none) rest.remove_prefix(1);
  const auto before = ranges_.size();
  while (!rest.empty()) {
    const auto first = take(rest).character;
    auto last = first;
    if (rest.size() > 1 && rest.front() == '-') {
      rest.remove_prefix(1);
      last = take(rest).character;
    }
    if (first <= last) ranges_.push_back({first, last});
  }
  tokens_.push_back({none ? token_kind::none_of : token_kind::one_of, 0, before, ranges_.size()});
  return end + 1;
}

bool glob_part::accepts(const token& t, char32_t c) const noexcept {
  if (t.kind == token_kind::character) return t.character == c;
  if (t.kind == token_kind::any_one) return true;
  const auto* const ranges = ranges_.data();
  const bool among = std::any_of(ranges + t.first_range, ranges + t.end_range,
                                 [c](const range& r) { return r.first <= c && c <= r.last; });
  return among == (t.kind == token_kind::one_of);
}

// What is between two stars goes to the first place where it fits: if there is any match, there is one with
// these places. So only the last star is ever tried again.
bool glob_part::matches(std::string_view name) const noexcept {
  if (literal_) return name == text_;
  std::size_t at = 0;
  std::size_t after_star = 0;  // 0: there was none yet
  std::string_view from_star;
  while (true) {
    if (at != tokens_.size() && tokens_[at].kind == token_kind::any_number) {
      after_star = ++at;
      from_star = name;
      if (at == tokens_.size()) return true;
    } else if (name.empty() && at == tokens_.size()) {
      return true;
    } else if (!name.empty() && at != tokens_.size() && accepts(tokens_[at], decode(name).character)) {
      take(name);
      ++at;
    } else if (after_star == 0 || name.empty()) {
      return false;
    } else {
      take(from_star);
      name = from_star;
      at = after_star;
    }
  }
}

glob_pattern::glob_pattern(std::string text, bool include_hidden)
    : text_(std::move(text)), include_hidden_(include_hidden) {
  const std::string_view all = text_;
  const auto wildcard = all.find_first_of("*?[");
  if (wildcard == all.npos) {
    prefix_ = text_;
    return;
  }
  const auto slash = all.rfind('/', wildcard);
  auto at = slash == all.npos ? 0 : slash + 1;
  const auto name_end = all.substr(0, at).find_last_not_of('/');
  prefix_ = all.substr(0, name_end == all.npos ? at : name_end + 1);  // all slashes: the root
  while (at < all.size()) {
    const auto end = std::min(all.find('/', at), all.size());
    const auto part = all.substr(at, end - at);
    const bool again = part == "**" && !parts_.empty() && parts_.back().any_depth();
    if (!part.empty() && !again) parts_.emplace_back(part, at);
    at = end + 1;
  }
}

glob_states glob_pattern::begin() const {
  glob_states all;
  if (!parts_.empty()) add(all, 0);
  return all;
}

void glob_pattern::add(glob_states& states, std::size_t state) const {
  const auto insert = [&](std::size_t s) {
    const auto i = std::lower_bound(states.begin(), states.end(), s);
    if (i == states.end() || *i != s) states.insert(i, s);
  };
  insert(state);
  if (parts_[state].any_depth() && state + 1 != parts_.size()) insert(state + 1);
}

bool glob_pattern::must_list(const glob_states& states) const noexcept {
  return std::any_of(states.begin(), states.end(), [&](std::size_t s) { return !parts_[s].literal(); });
}

void glob_pattern::pass(std::size_t state, glob_step& to) const {
  if (++state == parts_.size()) {
    to.matches = true;
    return;
  }
  add(to.inside, state);
  add(to.inside_link, state);
  if (state + 1 == parts_.size() && parts_[state].any_depth()) to.matches_as_directory = true;
}

void glob_pattern::follow(const glob_states& states, std::string_view name, glob_step& to) const {
  to = {};
  const bool hidden = name.starts_with('.') && !include_hidden_;
  for (const auto s : states) {
    const auto& part = parts_[s];
    if (hidden && !part.matches_hidden()) continue;
    if (part.any_depth()) {
      add(to.inside, s);  // and not into a link
      to.matches = to.matches || s + 1 == parts_.size();
    } else if (part.matches(name)) {
      pass(s, to);
    }
  }
}

void glob_pattern::follow_literal(const glob_states& states, std::string_view name, glob_step& to) const {
  to = {};
  for (const auto s : states)
    if (parts_[s].literal() && parts_[s].text() == name) pass(s, to);
}

}  // namespace bight::fs::detail
