#include "http/url/scheme.hpp"

namespace bight::http::url_detail {

using scheme_kind = url_access::scheme_kind;

scheme_kind kind_of_scheme(std::string_view scheme) noexcept {
  if (scheme == "https") return scheme_kind::https;
  if (scheme == "http") return scheme_kind::http;
  if (scheme == "wss") return scheme_kind::wss;
  if (scheme == "ws") return scheme_kind::ws;
  if (scheme == "ftp") return scheme_kind::ftp;
  if (scheme == "file") return scheme_kind::file;
  return scheme_kind::other;
}

std::uint16_t default_port(scheme_kind scheme) noexcept {
  switch (scheme) {
    case scheme_kind::http:
    case scheme_kind::ws:
      return 80;
    case scheme_kind::https:
    case scheme_kind::wss:
      return 443;
    case scheme_kind::ftp:
      return 21;
    case scheme_kind::file:
    case scheme_kind::other:
      return 0;
  }
  return 0;
}

std::size_t scheme_length(std::string_view text) noexcept {
  for (std::size_t i = 0; i != text.size(); ++i) {
    const char c = to_lower(text[i]);
    if (c >= 'a' && c <= 'z') continue;
    if (i == 0) return 0;
    if (c == ':') return i;
    if ((c < '0' || c > '9') && c != '+' && c != '-' && c != '.') return 0;
  }
  return 0;
}

}  // namespace bight::http::url_detail
