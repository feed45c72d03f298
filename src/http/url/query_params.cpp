#include <bight/http/error.hpp>
#include <bight/http/url.hpp>

#include <algorithm>
#include <bight/core/detail/utf8.hpp>

#include "http/url/percent.hpp"

namespace bight::http {
namespace {

std::string decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  url_detail::append_percent_decoded(out, text, true);
  return bight::detail::is_utf8(out) ? out : bight::detail::replace_malformed_utf8(out);
}

void append_encoded(std::string& out, std::string_view text) {
  while (true) {
    const auto space = text.find(' ');
    url_detail::append_percent_encoded(out, text.substr(0, space), percent_encode_set::form);
    if (space == std::string_view::npos) return;
    out.push_back('+');
    text.remove_prefix(space + 1);
  }
}

}  // namespace

boost::system::result<query_params> query_params::parse(std::string_view text,
                                                        const query_params_limits& limits) {
  if (text.size() > limits.max_length) return make_error_code(errc::body_too_large);
  query_params out;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (out.pairs_.size() == limits.max_pairs) return make_error_code(errc::body_too_large);
    const auto equals = std::min(pair.find('='), pair.size());
    out.pairs_.emplace_back(decoded(pair.substr(0, equals)),
                            decoded(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return out;
}

std::string query_params::to_string() const {
  std::string out;
  for (const auto& [name, value] : pairs_) {
    if (&name != &pairs_.front().first) out.push_back('&');
    append_encoded(out, name);
    out.push_back('=');
    append_encoded(out, value);
  }
  return out;
}

std::optional<std::string_view> query_params::get(std::string_view name) const noexcept {
  const auto found = std::ranges::find(pairs_, name, &value_type::first);
  if (found == pairs_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string_view> query_params::get_all(std::string_view name) const {
  std::vector<std::string_view> out;
  for (const auto& pair : pairs_) {
    if (pair.first == name) out.emplace_back(pair.second);
  }
  return out;
}

void query_params::append(std::string_view name, std::string_view value) { pairs_.emplace_back(name, value); }

void query_params::set(std::string_view name, std::string_view value) {
  const auto found = std::ranges::find(pairs_, name, &value_type::first);
  if (found == pairs_.end()) return append(name, value);
  found->second = value;
  const auto others = std::ranges::remove(found + 1, pairs_.end(), name, &value_type::first);
  pairs_.erase(others.begin(), others.end());
}

std::size_t query_params::remove(std::string_view name) {
  return std::erase_if(pairs_, [name](const value_type& pair) { return pair.first == name; });
}

}  // namespace bight::http
