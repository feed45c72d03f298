#include <bight/http/url.hpp>

#include <bight/http/error.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cstring>

#include "http/url/access.hpp"
#include "http/url/clean_input.hpp"
#include "http/url/parser.hpp"
#include "http/url/percent.hpp"
#include "http/url/scheme.hpp"

namespace bight::http {
namespace {

using url_detail::fast_result;

bool parse_into(std::string_view input, const url* base, url& out, url_limits limits) {
  limits.max_length = std::min(limits.max_length, url_access::longest);
  if (base != nullptr && base->empty()) base = nullptr;
  auto done = fast_result::failed;
  if (input.size() <= limits.max_length) {
    input = url_detail::trim_c0_controls_and_spaces(input);
    done = url_detail::parse_url_fast(input, base, out, limits);
    if (done == fast_result::not_applicable && url_detail::parse_url(input, base, out, limits)) {
      done = fast_result::parsed;
    }
  }
  if (done == fast_result::parsed) return true;
  url_access::href(out).clear();
  url_access::at(out) = url_access::places{};
  return false;
}

// The input as it may stand in a log: printable ASCII, and not too long.
std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 200;
  const auto input = redacted(text);
  std::string out = "\"";
  for (const char c : std::string_view{input}.substr(0, longest)) {
    if (c >= 0x20 && c < 0x7f) {
      out.push_back(c);
    } else {
      constexpr std::string_view digits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      out.append({'\\', 'x', digits[byte >> 4U], digits[byte & 15U]});
    }
  }
  out.append(input.size() > longest ? "\"..." : "\"");
  return out;
}

}  // namespace

url::url(std::string_view input) {
  if (!parse_into(input, nullptr, *this, url_limits{})) {
    throw boost::system::system_error(make_error_code(errc::invalid_url), quoted(input));
  }
}

boost::system::result<url> url::parse(std::string_view input, const url_limits& limits) {
  url out;
  if (!parse_into(input, nullptr, out, limits)) return make_error_code(errc::invalid_url);
  return out;
}

boost::system::result<url> url::parse(std::string_view input, const url& base, const url_limits& limits) {
  url out;
  if (!parse_into(input, &base, out, limits)) return make_error_code(errc::invalid_url);
  return out;
}

bool url::resolve_into(std::string_view reference, const url& base, url& out, const url_limits& limits) {
  if (&base != &out) return parse_into(reference, &base, out, limits);
  const url copy = base;
  return parse_into(reference, &copy, out, limits);
}

std::string url::redacted() const {
  if (password().empty()) return href_;
  std::string out{slice(0, at_.username_end + 1)};
  return out.append("***").append(href_, at_.host - 1);
}

// A password may hold what it should not: a slash, for one, which ends the authority and makes the URL
// invalid. And "user:password@host" is a URL whose scheme is "user".
std::string redacted(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == text.npos) return std::string{text};
  if (const auto valid = url::parse(text); valid && !valid->has_opaque_path()) return valid->redacted();
  auto colon = text.find(':');
  if (colon < at && text.substr(colon).starts_with("://")) colon = text.find(':', colon + 1);
  if (colon >= at) return std::string{text};
  return std::string{text.substr(0, colon + 1)}.append("***").append(text.substr(at));
}

std::string_view url::username() const noexcept {
  return at_.username_end == at_.host ? std::string_view() : slice(at_.scheme_end + 3, at_.username_end);
}

std::string_view url::password() const noexcept {
  if (at_.username_end == at_.host || href_[at_.username_end] != ':') return {};
  return slice(at_.username_end + 1, at_.host - 1);
}

bool url::has_credentials() const noexcept { return at_.username_end != at_.host; }

std::string_view url::host_without_brackets() const noexcept {
  return at_.host_is == host_kind::ipv6 ? slice(at_.host + 1, at_.host_end - 1) : host();
}

std::optional<std::uint16_t> url::port() const noexcept {
  if (!at_.has_port) return std::nullopt;
  return at_.port;
}

std::uint16_t url::effective_port() const noexcept {
  return at_.has_port ? at_.port : url_detail::default_port(at_.scheme);
}

std::string_view url::host_and_port() const noexcept {
  return at_.host_is == host_kind::none ? std::string_view() : slice(at_.host, at_.path);
}

std::string_view url::query() const noexcept {
  return has_query() ? slice(at_.query + 1, at_.fragment) : std::string_view();
}

std::string_view url::fragment() const noexcept {
  return has_fragment() ? std::string_view(href_).substr(at_.fragment + 1) : std::string_view();
}

std::string url::origin() const {
  if (scheme() == "blob") {
    const auto inner = parse(path());
    return inner && inner->is_http() ? inner->origin() : "null";
  }
  if (!is_special() || at_.scheme == scheme_kind::file) return "null";
  std::string out(scheme());
  out.append("://").append(host_and_port());
  return out;
}

url url::without_fragment() const {
  url out;
  out.href_ = href_without_fragment();
  out.at_ = at_;
  return out;
}

std::uint64_t url::hash() const noexcept {
  // Multiply and fold, eight bytes at a time; the last, partial word carries its length through the seed.
  constexpr std::uint64_t factor = 0x9e3779b97f4a7c15U;
  const char* from = href_.data();
  std::size_t left = href_.size();
  std::uint64_t h = left * factor;
  const auto mix = [&h](std::uint64_t word) {
    h = (h ^ word) * factor;
    h ^= h >> 32U;
  };
  for (; left >= 8; left -= 8, from += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, 8);
    mix(word);
  }
  std::uint64_t word = 0;
  std::memcpy(&word, from, left);
  mix(word);
  mix(factor);
  return h;
}

}  // namespace bight::http
