#include "http/h1/target.hpp"

#include <algorithm>
#include <bight/http/headers.hpp>

#include "http/h1/chars.hpp"

namespace bight::http::h1 {
namespace {

bool is_hex(char c) noexcept { return hex_value(c) >= 0; }

bool is_port(std::string_view text) noexcept {
  std::uint64_t port = 0;
  return text.empty() || (text.size() <= 5 && parse_decimal(text, port) && port <= 65535);
}

// Where a reg-name ends; null if a "%" in it does not begin an escape.
const char* find_reg_name_end(const char* p, const char* end) noexcept {
  while (true) {
    p = find_other(p, end, host_char);
    if (p == end || *p != '%') return p;
    if (end - p < 3 || !is_hex(p[1]) || !is_hex(p[2])) return nullptr;
    p += 3;
  }
}

// The inside of the brackets. Whether the address exists is for those who connect; here only its alphabet
// counts.
bool is_ip_literal(std::string_view text) noexcept {
  if (text.empty()) return false;
  if (to_lower(text[0]) == 'v') {
    const std::size_t dot = text.find('.');
    if (dot == text.npos || dot < 2 || dot + 1 == text.size()) return false;
    return std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(dot), is_hex) &&
           std::all_of(text.begin() + static_cast<std::ptrdiff_t>(dot) + 1, text.end(),
                       [](char c) { return c == ':' || has_class(c, host_char); });
  }
  return text.find(':') != text.npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

}  // namespace

bool is_authority(std::string_view text) noexcept {
  if (text.empty()) return false;
  if (text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == text.npos || !is_ip_literal(text.substr(1, close - 1))) return false;
    text.remove_prefix(close + 1);
    return text.empty() || (text.front() == ':' && is_port(text.substr(1)));
  }
  const char* const end = text.data() + text.size();
  const char* const stop = find_reg_name_end(text.data(), end);
  if (stop == nullptr || stop == text.data()) return false;
  return stop == end || (*stop == ':' && is_port({stop + 1, static_cast<std::size_t>(end - stop - 1)}));
}

std::optional<target_view> parse_target(std::string_view target, method_id method) noexcept {
  const auto size = static_cast<std::uint32_t>(target.size());
  if (method == method_id::connect) {
    const std::size_t colon = target.rfind(':');
    std::uint64_t port = 0;
    if (colon == target.npos || !parse_decimal(target.substr(colon + 1), port) || !is_authority(target))
      return std::nullopt;
    return target_view{target_form::authority, 0, size, size};
  }
  if (target.empty()) return std::nullopt;
  if (target.front() == '/') return target_view{};
  if (target == "*") {
    if (method != method_id::options) return std::nullopt;
    return target_view{target_form::asterisk, 0, 0, 0};
  }
  std::uint32_t authority = 0;
  if (equal_ignoring_case(target.substr(0, 7), "http://")) authority = 7;
  if (equal_ignoring_case(target.substr(0, 8), "https://")) authority = 8;
  if (authority == 0) return std::nullopt;
  const auto path =
      static_cast<std::uint32_t>(std::min(target.find_first_of("/?", authority), target.size()));
  if (!is_authority(target.substr(authority, path - authority))) return std::nullopt;
  return target_view{target_form::absolute, authority, path - authority, path};
}

}  // namespace bight::http::h1
