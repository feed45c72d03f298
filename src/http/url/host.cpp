#include "http/url/host.hpp"

#include <algorithm>
#include <array>
#include <bight/core/detail/ascii.hpp>
#include <bight/core/detail/utf8.hpp>
#include <cstdint>

#include "http/url/address.hpp"
#include "http/url/idna.hpp"
#include "http/url/percent.hpp"

namespace bight::http::url_detail {
namespace {

constexpr std::uint8_t forbidden_in_host = 1;
constexpr std::uint8_t forbidden_in_domain = 2;
constexpr std::uint8_t upper_case = 4;
constexpr std::uint8_t not_ascii = 8;

constexpr std::array<std::uint8_t, 256> make_host_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned byte = 0; byte != 256; ++byte) {
    if (byte < 0x20 || byte == 0x7f || byte == '%') classes[byte] = forbidden_in_domain;
    if (byte >= 'A' && byte <= 'Z') classes[byte] = upper_case;
    if (byte >= 0x80) classes[byte] = not_ascii;
  }
  constexpr std::string_view forbidden("\0\t\n\r #/:<>?@[\\]^|", 17);
  for (const char c : forbidden) {
    classes[static_cast<unsigned char>(c)] = forbidden_in_host | forbidden_in_domain;
  }
  return classes;
}

constexpr auto host_classes = make_host_classes();

std::uint8_t all_classes(std::string_view text) noexcept {
  std::uint8_t all = 0;
  for (const char c : text)
    all = static_cast<std::uint8_t>(all | host_classes[static_cast<unsigned char>(c)]);
  return all;
}

std::optional<host_kind> append_opaque(std::string& out, std::string_view text) {
  if ((all_classes(text) & forbidden_in_host) != 0) return std::nullopt;
  append_percent_encoded(out, text, percent_encode_set::c0_control);
  return host_kind::opaque;
}

// `domain` is percent-decoded UTF-8.
bool append_domain(std::string& out, std::string_view domain) {
  const std::uint8_t found = all_classes(domain);
  // ASCII is left as it is, Punycode or not: it is decoded for no check (URL 3.3, since June 2026).
  if ((found & not_ascii) == 0) {
    if ((found & forbidden_in_domain) != 0) return false;
    out.append(domain);
    if ((found & upper_case) != 0) {
      std::transform(out.end() - static_cast<std::ptrdiff_t>(domain.size()), out.end(),
                     out.end() - static_cast<std::ptrdiff_t>(domain.size()), bight::detail::to_lower);
    }
    return true;
  }
  const std::size_t begin = out.size();
  if (!append_domain_to_ascii(out, domain)) return false;
  const auto ascii = std::string_view(out).substr(begin);
  return !ascii.empty() && (all_classes(ascii) & forbidden_in_domain) == 0;
}

std::optional<host_kind> append_ipv6_in_brackets(std::string& out, std::string_view text) {
  if (!text.ends_with(']')) return std::nullopt;
  out.push_back('[');
  if (!append_ipv6(out, text.substr(1, text.size() - 2))) return std::nullopt;
  out.push_back(']');
  return host_kind::ipv6;
}

std::optional<host_kind> append_domain_or_ipv4(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  if (!append_domain(out, text)) return std::nullopt;
  const auto domain = std::string_view(out).substr(begin);
  if (!ends_in_number(domain)) return host_kind::domain;
  std::string address;
  if (!append_ipv4(address, domain)) return std::nullopt;
  out.replace(begin, std::string::npos, address);
  return host_kind::ipv4;
}

}  // namespace

std::optional<host_kind> append_host(std::string& out, std::string_view text, bool special,
                                     const url_limits& limits) {
  std::string decoded;
  if (special && text.find('%') != std::string_view::npos) {
    append_percent_decoded(decoded, text, false);
    if (!bight::detail::is_utf8(decoded)) decoded = bight::detail::replace_malformed_utf8(decoded);
  }
  const bool in_brackets = text.starts_with('[');
  if (!decoded.empty() && !in_brackets) text = decoded;
  if (text.size() > limits.max_host_length) return std::nullopt;
  const std::size_t begin = out.size();
  const auto kind = in_brackets ? append_ipv6_in_brackets(out, text)
                    : special   ? append_domain_or_ipv4(out, text)
                                : append_opaque(out, text);
  if (out.size() - begin > limits.max_host_length) return std::nullopt;
  return kind;
}

}  // namespace bight::http::url_detail
