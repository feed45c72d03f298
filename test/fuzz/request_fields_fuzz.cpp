// Properties: cookies and query parameters that were read are read again as what they were, when written
// down; names and values have none of the characters that separate them; limits hold. The first line of the
// input is a query or form, each other line a Cookie field.
#include <algorithm>
#include <bight/core/detail/utf8.hpp>
#include <bight/http/error.hpp>
#include <bight/http/headers.hpp>
#include <bight/http/url.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/require.hpp"
#include "http/server/cookie_header.hpp"

namespace {

using namespace bight::http;
using pairs = std::vector<std::pair<std::string, std::string>>;

void check_query(std::string_view text) {
  const auto parsed = query_params::parse(text);
  if (!parsed) {
    require(parsed.error() == errc::body_too_large);
    return;
  }
  std::string all;
  for (const auto& [name, value] : *parsed) {
    require(bight::detail::is_utf8(name) && bight::detail::is_utf8(value));
    require(parsed->get(name).has_value());
    all += name + value;
  }
  require(all.size() <= 3 * text.size());  // U+FFFD for a byte
  require(query_params::parse(parsed->to_string()).value() == *parsed);
  query_params_limits few;
  few.max_pairs = 2;
  const auto limited = query_params::parse(text, few);
  require(limited.has_value() == (parsed->size() <= 2));
}

pairs cookies_of(headers_view fields) {
  pairs all;
  detail::for_each_cookie(fields, [&all](std::string_view name, std::string_view value) {
    all.emplace_back(name, value);
    return true;
  });
  return all;
}

void check_cookies(std::string_view lines) {
  headers fields;
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    if (is_field_value(line)) fields.append(header_id::cookie, line);
  }
  const auto all = cookies_of(fields);
  std::string again;
  for (const auto& [name, value] : all) {
    require(name.find_first_of("=;") == name.npos && value.find(';') == value.npos);
    again.append(again.empty() ? "" : "; ").append(name).append("=").append(value);
    const auto found = detail::find_cookie(fields, name);
    const auto first =
        std::find_if(all.begin(), all.end(), [&n = name](const auto& c) { return c.first == n; });
    require(found == first->second);
  }
  headers written;
  if (!again.empty()) written.append(header_id::cookie, again);
  require(cookies_of(written) == all);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(text.find('\n'), text.size());
  check_query(text.substr(0, end));
  check_cookies(text.substr(std::min(end + 1, text.size())));
  return 0;
}
