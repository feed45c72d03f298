#include "http/cookies/netscape.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <bight/http/headers.hpp>

#include "http/cookies/cookie_date.hpp"
#include "http/h1/chars.hpp"

namespace bight::http::cookies {
namespace {

constexpr std::string_view http_only_prefix = "#HttpOnly_";

// Domain, whether subdomains are included, path, secure, expiry date, name. What follows is the value.
enum netscape_field : std::size_t {
  in_domain,
  in_subdomains,
  in_path,
  in_secure,
  in_expires,
  in_name,
  field_count
};

std::optional<bool> parse_flag(std::string_view text) noexcept {
  if (equal_ignoring_case(text, "true")) return true;
  if (equal_ignoring_case(text, "false")) return false;
  return std::nullopt;
}

// Some browser extensions write fractions.
std::optional<std::int64_t> parse_seconds(std::string_view text) noexcept {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc::result_out_of_range) return text.starts_with('-') ? INT64_MIN : INT64_MAX;
  const auto rest = text.substr(static_cast<std::size_t>(end - text.data()));
  const bool is_fraction = rest.starts_with('.') && rest.find_first_not_of("0123456789", 1) == rest.npos;
  if (error != std::errc{} || (!rest.empty() && !is_fraction)) return std::nullopt;
  return seconds;
}

const char* fill_cookie(cookie& c, const std::array<std::string_view, field_count>& fields) {
  const auto subdomains = parse_flag(fields[in_subdomains]);
  const auto secure = parse_flag(fields[in_secure]);
  const auto expires = parse_seconds(fields[in_expires]);
  if (!subdomains) return "the second field is neither TRUE nor FALSE";
  if (!secure) return "the fourth field is neither TRUE nor FALSE";
  if (!expires) return "the fifth field is not a number of seconds";
  c.domain = fields[in_domain];
  c.host_only = !*subdomains;
  c.path = fields[in_path].empty() ? "/" : fields[in_path];
  c.secure = *secure;
  if (*expires != 0) c.expires = from_seconds(*expires);
  c.name = fields[in_name];
  return nullptr;
}

}  // namespace

netscape_line parse_netscape_line(std::string_view line) {
  netscape_line out;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with(http_only_prefix)) {
    out.cookie.http_only = true;
    line.remove_prefix(http_only_prefix.size());
  } else if (line.starts_with('#')) {
    return out;
  }
  if (h1::trim_ows(line).empty()) return out;
  std::array<std::string_view, field_count> fields;
  for (std::size_t i = 0; i != field_count; ++i) {
    const auto tab = line.find('\t');
    // Without a value the last tab may be missing.
    if (tab == line.npos && i + 1 != field_count) {
      out.error = "fewer than seven fields separated by tabs";
      return out;
    }
    fields[i] = line.substr(0, tab);
    line = tab == line.npos ? std::string_view{} : line.substr(tab + 1);
  }
  out.cookie.value = line;
  out.error = fill_cookie(out.cookie, fields);
  out.has_cookie = out.error == nullptr;
  return out;
}

std::string write_netscape(std::span<const cookie> cookies) {
  std::string out = "# Netscape HTTP Cookie File\n";
  for (const cookie& c : cookies) {
    const auto flag = [](bool value) { return value ? "\tTRUE\t" : "\tFALSE\t"; };
    if (c.http_only) out += http_only_prefix;
    if (!c.host_only) out += '.';
    out += c.domain;
    out += flag(!c.host_only);
    out += c.path;
    out += flag(c.secure);
    // Rounded up: what has not expired yet must not become 0, a session cookie.
    out += std::to_string(
        c.expires ? std::chrono::ceil<std::chrono::seconds>(c.expires->time_since_epoch()).count() : 0);
    out += '\t';
    out += c.name;
    out += '\t';
    out += c.value;
    out += '\n';
  }
  return out;
}

}  // namespace bight::http::cookies
