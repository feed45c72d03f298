#include <array>

#include "http/url/parser.hpp"
#include "http/url/path.hpp"
#include "http/url/percent.hpp"
#include "http/url/scheme.hpp"

namespace bight::http::url_detail {
namespace {

using scheme_kind = url_access::scheme_kind;

// One bit for each question that the scans ask of a byte.
constexpr std::uint8_t in_path = 1;           // may be copied into the path of a special URL
constexpr std::uint8_t in_first_segment = 2;  // the same, and cannot make a relative path look like a scheme
constexpr std::uint8_t in_query = 4;
constexpr std::uint8_t in_fragment = 8;
constexpr std::uint8_t in_host = 16;    // may be copied into a domain
constexpr std::uint8_t dot_begin = 32;  // may begin a dot segment
constexpr std::uint8_t is_slash = 64;

constexpr std::array<std::uint8_t, 256> make_fast_classes() noexcept {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned byte = 0; byte != 256; ++byte) {
    const auto c = static_cast<unsigned char>(byte);
    unsigned found = 0;
    if (!in_set(c, percent_encode_set::path) && c != '\\') found |= in_path | in_first_segment;
    if (!in_set(c, percent_encode_set::special_query)) found |= in_query;
    if (!in_set(c, percent_encode_set::fragment)) found |= in_fragment;
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_')
      found |= in_host;
    if (c == '.' || c == '%') found |= dot_begin;
    if (c == '/') found |= is_slash;
    if (c == ':') found &= ~static_cast<unsigned>(in_first_segment);
    classes[byte] = static_cast<std::uint8_t>(found);
  }
  return classes;
}

constexpr auto fast_classes = make_fast_classes();
static_assert(is_slash >> 1U == dot_begin);

// Where the parts of a reference end, all of which may be copied.
struct extent {
  std::size_t path = 0;
  std::size_t query = 0;
  std::size_t dots_end = 0;  // after the first character of the last segment that may be a dot segment, or 0
  bool copyable = false;
};

std::size_t skip(std::string_view text, std::size_t from, std::uint8_t kind) noexcept {
  while (from != text.size() && (fast_classes[static_cast<unsigned char>(text[from])] & kind) != 0) ++from;
  return from;
}

extent scan(std::string_view text, std::size_t begin, std::uint8_t path_kind) noexcept {
  extent found;
  unsigned segment_begin = is_slash;
  std::size_t i = begin;
  for (; i != text.size(); ++i) {
    const unsigned c = fast_classes[static_cast<unsigned char>(text[i])];
    if ((c & path_kind) == 0) break;
    if ((c & (segment_begin >> 1U)) != 0) found.dots_end = i + 1;  // is_slash, shifted, is dot_begin
    segment_begin = c & is_slash;
  }
  found.path = i;
  if (i != text.size() && text[i] == '?') i = skip(text, i + 1, in_query);
  found.query = i;
  if (i != text.size() && text[i] == '#') i = skip(text, i + 1, in_fragment);
  found.copyable = i == text.size();
  return found;
}

// Appends `text` from `begin`. If there may be dot segments after it, `out` ends in the slash before them.
void append(std::string& out, url_access::places& at, std::string_view text, std::size_t begin,
            const extent& e) {
  if (e.dots_end > begin) {
    out.pop_back();
    append_path(out, at.path, text.substr(begin, e.path - begin), path_style{true, false});
    begin = e.path;
  }
  const std::size_t written = out.size();
  out.append(text, begin);
  at.query = static_cast<std::uint32_t>(written + e.path - begin);
  at.fragment = static_cast<std::uint32_t>(written + e.query - begin);
}

// Moves `begin` over the `./` and `../` at the front of a relative path, and `keep`, the length of a path
// that ends in a slash, to where they lead.
void take_leading_dots(std::string_view text, std::size_t& begin, std::string_view path,
                       std::size_t& keep) noexcept {
  while (true) {
    const auto rest = text.substr(begin);
    if (rest.starts_with("./")) {
      begin += 2;
    } else if (rest.starts_with("../")) {
      begin += 3;
      if (keep > 1) keep = path.rfind('/', keep - 2) + 1;
    } else {
      return;
    }
  }
}

fast_result relative(std::string_view text, const url& base, url& result) {
  const auto& from = url_access::at(base);
  std::string& out = url_access::href(result);
  url_access::places& at = url_access::at(result);
  const bool absolute_path = text[0] == '/';
  if (absolute_path && text.size() > 1 && text[1] == '\\') return fast_result::not_applicable;
  const extent e = scan(text, 0, absolute_path ? in_path : in_first_segment);
  if (!e.copyable) return fast_result::not_applicable;
  at = from;
  if (e.path == 0) {
    const bool only_fragment = text[0] == '#';
    out.assign(base.href(), 0, only_fragment ? from.fragment : from.query);
    append(out, at, text, 0, e);
    if (only_fragment) at.query = from.query;
    return fast_result::parsed;
  }
  // A special URL has a path, and so a last slash, to which relative paths are appended.
  std::size_t begin = 1;
  std::size_t keep = 1;
  if (!absolute_path) {
    begin = 0;
    keep = base.path().rfind('/') + 1;
    if (e.dots_end != 0) take_leading_dots(text, begin, base.path(), keep);
  }
  out.assign(base.href(), 0, from.path + keep);
  append(out, at, text, begin, e);
  return fast_result::parsed;
}

// Domains that are no numbers, in lower case, without a port. `scheme` and `text` together
// are the input: the scheme with its colon comes from the base if `text` begins with the two slashes.
fast_result absolute(std::string_view scheme, scheme_kind kind, std::string_view text, url& result,
                     const url_limits& limits) {
  const std::size_t host_end = skip(text, 2, in_host);
  const auto domain = text.substr(2, host_end - 2);
  const bool has_path = host_end != text.size();
  if (domain.empty() || domain.size() > limits.max_host_length || (has_path && text[host_end] != '/')) {
    return fast_result::not_applicable;
  }
  const auto before_last_dot = domain.substr(0, domain.size() - 1).rfind('.');
  const char last_label = domain[before_last_dot + 1];  // npos + 1 is 0
  if (last_label >= '0' && last_label <= '9') return fast_result::not_applicable;
  const extent e = scan(text, host_end, in_path);
  if (!e.copyable) return fast_result::not_applicable;

  std::string& out = url_access::href(result);
  url_access::places& at = url_access::at(result);
  at = url_access::places{};
  at.scheme = kind;
  at.scheme_end = static_cast<std::uint32_t>(scheme.size() - 1);
  at.username_end = at.host = at.scheme_end + 3;
  at.host_end = at.path = at.host + static_cast<std::uint32_t>(domain.size());
  at.host_is = host_kind::domain;
  out.assign(scheme);
  out.append(text, 0, host_end);
  out.push_back('/');
  if (has_path) {
    append(out, at, text, host_end + 1, e);
  } else {
    at.query = at.fragment = at.path + 1;
  }
  return fast_result::parsed;
}

fast_result with_special_base(std::string_view text, const url& base, url& result, const url_limits& limits) {
  const auto scheme = url_access::at(base).scheme;
  if (scheme == scheme_kind::file || scheme == scheme_kind::other) return fast_result::not_applicable;
  if (!text.starts_with("//")) return relative(text, base, result);
  return absolute(base.href_without_fragment().substr(0, base.scheme().size() + 1), scheme, text, result,
                  limits);
}

}  // namespace

fast_result parse_url_fast(std::string_view input, const url* base, url& out, const url_limits& limits) {
  if (input.empty()) return fast_result::not_applicable;
  auto done = fast_result::not_applicable;
  if (input.starts_with("https://")) {
    done = absolute("https:", scheme_kind::https, input.substr(6), out, limits);
  } else if (input.starts_with("http://")) {
    done = absolute("http:", scheme_kind::http, input.substr(5), out, limits);
  } else if (base != nullptr) {
    done = with_special_base(input, *base, out, limits);
  }
  if (done == fast_result::parsed && out.href().size() > limits.max_length) done = fast_result::failed;
  return done;
}

}  // namespace bight::http::url_detail
