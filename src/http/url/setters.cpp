// The modifiers of http::url: the standard's setters, that is the parser with a state override.
#include <algorithm>
#include <bight/core/detail/utf8.hpp>

#include "http/url/access.hpp"
#include "http/url/clean_input.hpp"
#include "http/url/host.hpp"
#include "http/url/parser.hpp"
#include "http/url/path.hpp"
#include "http/url/percent.hpp"
#include "http/url/scheme.hpp"

namespace bight::http {
namespace {

using scheme_kind = url_access::scheme_kind;
using url_detail::append_percent_encoded;
using url_detail::clean_input;

// A URL in pieces, to be put together anew.
struct pieces {
  explicit pieces(const url& u)
      : scheme(u.scheme()),
        username(u.username()),
        password(u.password()),
        host(u.host()),
        path(u.path()),
        at(url_access::at(u)) {
    if (u.has_query()) query = u.query();
    if (u.has_fragment()) fragment = u.fragment();
  }

  std::string_view scheme, username, password, host, path;
  std::optional<std::string_view> query, fragment;
  url_access::places at;  // for the kinds of scheme, host and path, and the port
};

bool assemble(const pieces& from, const url_limits& limits, url& out) {
  std::string href;
  url_access::places at = from.at;
  const auto here = [&href] { return static_cast<std::uint32_t>(href.size()); };
  href.append(from.scheme);
  at.scheme_end = here();
  href.push_back(':');
  if (at.host_is != host_kind::none) href.append("//");
  href.append(from.username);
  at.username_end = here();
  if (!from.password.empty()) href.append(":").append(from.password);
  if (!from.username.empty() || !from.password.empty()) href.push_back('@');
  at.host = here();
  href.append(from.host);
  at.host_end = here();
  url_detail::append_port(href, at);
  if (at.host_is == host_kind::none && !at.opaque_path && from.path.starts_with("//")) href.append("/.");
  at.path = here();
  href.append(from.path);
  at.query = here();
  if (from.query) href.append("?").append(*from.query);
  at.fragment = here();
  if (from.fragment) href.append("#").append(*from.fragment);
  if (href.size() > std::min(limits.max_length, url_access::longest)) return false;
  url_access::href(out) = std::move(href);
  url_access::at(out) = at;
  return true;
}

bool too_long(std::string_view value, const url_limits& limits) noexcept {
  return value.size() > std::min(limits.max_length, url_access::longest);
}

// The standard: a URL "cannot have a username/password/port".
bool cannot_have_credentials_or_port(const url& u) noexcept {
  const auto& at = url_access::at(u);
  return at.host_is == host_kind::none || at.host_is == host_kind::empty || at.scheme == scheme_kind::file;
}

// Unlike for the other parts, tabs and newlines stay.
std::string encoded_credential(std::string_view value) {
  std::string out;
  const std::string text = bight::detail::replace_malformed_utf8(value);
  append_percent_encoded(out, text, percent_encode_set::userinfo);
  return out;
}

}  // namespace

bool url::set_scheme(std::string_view value, const url_limits& limits) {
  if (empty() || too_long(value, limits)) return false;
  const clean_input clean(value);
  std::string text(clean.text().substr(0, clean.text().find(':')));
  text.push_back(':');
  if (url_detail::scheme_length(text) == 0) return false;
  text.pop_back();
  std::transform(text.begin(), text.end(), text.begin(), url_detail::to_lower);
  const auto kind = url_detail::kind_of_scheme(text);
  if ((kind == scheme_kind::other) != !is_special()) return false;
  if (kind == scheme_kind::file && (has_credentials() || at_.has_port)) return false;
  if (at_.scheme == scheme_kind::file && kind != scheme_kind::file && at_.host_is == host_kind::empty)
    return false;
  pieces p(*this);
  p.scheme = text;
  p.at.scheme = kind;
  if (at_.has_port && is_special() && url_detail::default_port(kind) == at_.port) p.at.has_port = false;
  return assemble(p, limits, *this);
}

bool url::set_username(std::string_view value, const url_limits& limits) {
  if (cannot_have_credentials_or_port(*this) || too_long(value, limits)) return false;
  const std::string text = encoded_credential(value);
  pieces p(*this);
  p.username = text;
  return assemble(p, limits, *this);
}

bool url::set_password(std::string_view value, const url_limits& limits) {
  if (cannot_have_credentials_or_port(*this) || too_long(value, limits)) return false;
  const std::string text = encoded_credential(value);
  pieces p(*this);
  p.password = text;
  return assemble(p, limits, *this);
}

bool url::set_host(std::string_view value, const url_limits& limits) {
  if (empty() || at_.opaque_path || too_long(value, limits)) return false;
  const clean_input clean(value);
  const auto text = clean.text().substr(0, clean.text().find_first_of(is_special() ? "/\\?#" : "/?#"));
  const bool is_file = at_.scheme == scheme_kind::file;
  std::string host;
  pieces p(*this);
  if (text.empty()) {
    if ((is_special() && !is_file) || has_credentials() || at_.has_port) return false;
    p.at.host_is = host_kind::empty;
  } else {
    // A colon outside brackets, the begin of a port, is forbidden in hosts of every kind.
    const auto kind = url_detail::append_host(host, text, is_special(), limits);
    if (!kind) return false;
    p.at.host_is = *kind;
    if (is_file && host == "localhost") {
      host.clear();
      p.at.host_is = host_kind::empty;
    }
  }
  p.host = host;
  return assemble(p, limits, *this);
}

bool url::set_port(std::optional<std::uint16_t> value, const url_limits& limits) {
  if (cannot_have_credentials_or_port(*this)) return false;
  pieces p(*this);
  const std::uint16_t usual = url_detail::default_port(at_.scheme);
  p.at.has_port = value && (!is_special() || *value != usual);
  p.at.port = p.at.has_port ? *value : std::uint16_t{0};
  return assemble(p, limits, *this);
}

bool url::set_path(std::string_view value, const url_limits& limits) {
  if (empty() || at_.opaque_path || too_long(value, limits)) return false;
  const clean_input clean(value);
  auto text = clean.text();
  std::string path;
  if (is_special() || !text.empty()) {
    if (text.starts_with('/') || (is_special() && text.starts_with('\\'))) text.remove_prefix(1);
    url_detail::append_path(path, 0, text, {is_special(), at_.scheme == scheme_kind::file});
  } else if (at_.host_is == host_kind::none) {
    path = "/";
  }
  pieces p(*this);
  p.path = path;
  return assemble(p, limits, *this);
}

bool url::set_query(std::string_view value, const url_limits& limits) {
  if (empty() || too_long(value, limits)) return false;
  const clean_input clean(value.starts_with('?') ? value.substr(1) : value);
  std::string text;
  append_percent_encoded(text, clean.text(),
                         is_special() ? percent_encode_set::special_query : percent_encode_set::query);
  pieces p(*this);
  p.query.reset();
  if (!value.empty()) p.query = text;
  return assemble(p, limits, *this);
}

bool url::set_fragment(std::string_view value, const url_limits& limits) {
  if (empty() || too_long(value, limits)) return false;
  const clean_input clean(value.starts_with('#') ? value.substr(1) : value);
  std::string text;
  append_percent_encoded(text, clean.text(), percent_encode_set::fragment);
  pieces p(*this);
  p.fragment.reset();
  if (!value.empty()) p.fragment = text;
  return assemble(p, limits, *this);
}

}  // namespace bight::http
