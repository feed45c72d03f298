#include "http/routing/path_text.hpp"

#include <algorithm>
#include <bight/core/detail/ascii.hpp>
#include <bight/core/detail/utf8.hpp>

namespace bight::http::routing {

bool decode_path(std::string_view raw, std::string& out) {
  using bight::detail::hex_value;
  const auto start = out.size();
  bool slashes = false;
  out.reserve(start + raw.size());
  for (std::size_t i = 0; i != raw.size(); ++i) {
    char c = raw[i];
    if (c == '%') {
      if (raw.size() - i < 3) return false;
      const int high = hex_value(raw[i + 1]);
      const int low = hex_value(raw[i + 2]);
      if (high < 0 || low < 0) return false;
      i += 2;
      c = static_cast<char>(static_cast<unsigned char>(high * 16 + low));
      if (c == encoded_slash) return false;
      if (c == '/') {
        c = encoded_slash;
        slashes = true;
      }
    }
    if (c == '\0') return false;
    out.push_back(c);
  }
  auto text = std::string_view{out}.substr(start);
  if (!slashes) return bight::detail::is_utf8(text);
  while (!text.empty()) {  // the characters between two of them
    const auto end = std::min(text.find(encoded_slash), text.size());
    if (!bight::detail::is_utf8(text.substr(0, end))) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

bool has_dot_segment(std::string_view text) noexcept {
  // Few paths have a dot.
  for (auto at = text.find('.'); at != text.npos; at = text.find('.', at + 1)) {
    if (at == 0 || text[at - 1] != '/') continue;
    auto rest = text.substr(at + 1);
    if (rest.starts_with('.')) rest.remove_prefix(1);
    if (rest.empty() || rest.front() == '/') return true;
  }
  return false;
}

std::size_t nth_slash(std::string_view text, std::size_t n) noexcept {
  auto at = text.find('/');
  while (n-- != 0) at = text.find('/', at + 1);
  return at;
}

}  // namespace bight::http::routing
