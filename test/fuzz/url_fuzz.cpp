// Parsing, resolving and setting hold their promises for any bytes: what is serialised parses back to the
// same URL, component by component; resolving into another URL, or into the base itself, is parsing with a
// base.
#include <bight/http/url.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/require.hpp"

namespace {

namespace http = bight::http;
using http::url;

void check_same_parts(const url& a, const url& b) {
  require(a == b && a.hash() == b.hash());
  require(a.scheme() == b.scheme() && a.username() == b.username() && a.password() == b.password());
  require(a.host() == b.host() && a.port() == b.port() && a.host_and_port() == b.host_and_port());
  require(a.path() == b.path() && a.query() == b.query() && a.fragment() == b.fragment());
  require(a.has_query() == b.has_query() && a.has_fragment() == b.has_fragment());
  require(a.kind_of_host() == b.kind_of_host() && a.has_opaque_path() == b.has_opaque_path());
  require(a.is_special() == b.is_special() && a.origin() == b.origin());
}

void check_parses_back(const url& u) {
  const auto again = url::parse(u.href());
  require(again.has_value());
  check_same_parts(u, *again);
  check_same_parts(u.without_fragment(), url(u.href_without_fragment()));
}

void check_setters(url u, std::string_view value) {
  const url before = u;
  const bool results[] = {u.set_path(value),     u.set_query(value), u.set_fragment(value),
                          u.set_host(value),     u.set_port(81),     u.set_username(value),
                          u.set_password(value), u.set_scheme(value)};
  bool any = false;
  for (const bool result : results) any = any || result;
  if (!any) check_same_parts(before, u);
  check_parses_back(u);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);
  // The first line is the reference, the second the base.
  const auto newline = std::min(input.find('\n'), input.size());
  const auto reference = std::string_view(input).substr(0, newline);
  const auto base = url::parse(std::string_view(input).substr(newline));
  const auto alone = url::parse(reference);
  if (alone) check_parses_back(*alone);
  if (!base) return 0;
  check_parses_back(*base);
  const auto resolved = url::parse(reference, *base);
  url out("http://other/");
  url same = *base;
  require(url::resolve_into(reference, *base, out) == resolved.has_value());
  require(url::resolve_into(reference, same, same) == resolved.has_value());
  require(out.empty() == !resolved.has_value() && same == out);
  if (!resolved) return 0;
  check_parses_back(*resolved);
  check_same_parts(*resolved, out);
  check_same_parts(*resolved, same);
  check_setters(*resolved, reference);
  const auto params = http::query_params::parse(resolved->query());
  require(params.has_value());
  require(http::query_params::parse(params->to_string()).value() == *params);
  require(http::percent_decode(http::percent_encode(reference)) == reference);
  return 0;
}
