#include <bight/crawl/fragments.hpp>

#include <algorithm>
#include <bight/http/url.hpp>

#include "crawl/check/lower_case.hpp"

namespace bight::crawl {
namespace {

// FNV-1a with a final mix. Two ids of one page with the same hash would hide a broken link: one in 10^19.
std::uint64_t hash_of(std::string_view id) noexcept {
  std::uint64_t h = 0xcbf29ce484222325U;
  for (const char c : id) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  h ^= h >> 32U;
  h *= 0x9E3779B97F4A7C15U;
  return h ^ (h >> 29U);
}

bool is_top(std::string_view fragment) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(fragment, std::string_view{"top"}, {}, lower);
}

// "l10", "l10c3", "l10-l12": lines of a file, as GitHub shows it.
bool is_lines(std::string_view text) noexcept {
  const auto take = [&](char letter) {
    if (!text.starts_with(letter)) return false;
    text.remove_prefix(1);
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(digits);
    return digits != 0;
  };
  const auto take_place = [&] { return take('l') && (!text.starts_with('c') || take('c')); };
  if (!take_place()) return false;
  if (text.starts_with('-')) {
    text.remove_prefix(1);
    if (!take_place()) return false;
  }
  return text.empty();
}

}  // namespace

std::string_view checkable_fragment(std::string_view fragment) noexcept {
  fragment = fragment.substr(0, fragment.find(":~:"));
  if (fragment.starts_with('/') || fragment.starts_with('!') || is_top(fragment)) return {};
  return fragment;
}

void fragment_ids::add(std::string_view id) {
  if (id.empty()) return;
  if (hashes_.size() >= limit_) {
    overflowed_ = true;
    return;
  }
  hashes_.push_back(hash_of(id));
  packed_ = false;
}

void fragment_ids::merge(const fragment_ids& other) {
  const auto room = limit_ - std::min(limit_, hashes_.size());
  const auto taken = std::min(room, other.hashes_.size());
  hashes_.insert(hashes_.end(), other.hashes_.begin(),
                 other.hashes_.begin() + static_cast<std::ptrdiff_t>(taken));
  ascii_only_ = ascii_only_ || other.ascii_only_;
  overflowed_ = overflowed_ || other.overflowed_ || taken < other.hashes_.size();
  if (taken != 0) packed_ = false;
}

void fragment_ids::pack() {
  std::ranges::sort(hashes_);
  const auto rest = std::ranges::unique(hashes_);
  hashes_.erase(rest.begin(), rest.end());
  hashes_.shrink_to_fit();
  packed_ = true;
}

void fragment_ids::clear() noexcept {
  hashes_.clear();
  packed_ = true;
  overflowed_ = false;
  ascii_only_ = false;
  markdown_ = false;
}

bool fragment_ids::has(std::string_view id) const {
  const auto h = hash_of(id);
  return packed_ ? std::ranges::binary_search(hashes_, h) : std::ranges::find(hashes_, h) != hashes_.end();
}

bool fragment_ids::contains(std::string_view fragment) const {
  const auto wanted = checkable_fragment(fragment);
  if (wanted.empty() || overflowed_ || has(wanted)) return true;
  const auto decoded = http::percent_decode(wanted);
  if (has(decoded)) return true;
  if (markdown_) {
    const auto lower = check::lower_case(decoded);
    return has(lower) || lower == "readme" || is_lines(lower);
  }
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  return ascii_only_ && !std::ranges::all_of(decoded, is_ascii);
}

}  // namespace bight::crawl
