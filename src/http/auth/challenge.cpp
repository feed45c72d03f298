#include "http/auth/challenge.hpp"

#include <algorithm>
#include <bight/http/headers.hpp>
#include <cstddef>

#include "http/auth/token68.hpp"
#include "http/h1/chars.hpp"
#include "http/parameters.hpp"

namespace bight::http::auth_detail {
namespace {

void skip_spaces(std::string_view& rest) noexcept {
  while (!rest.empty() && h1::is_ows(rest.front())) rest.remove_prefix(1);
}

std::string_view take_token(std::string_view& rest) noexcept {
  const char* const end = h1::find_other(rest.data(), rest.data() + rest.size(), h1::token_char);
  const auto token = rest.substr(0, h1::distance(rest.data(), end));
  rest.remove_prefix(token.size());
  return token;
}

std::string unescape(const parameter_view& p) {
  std::string out;
  for (std::size_t i = 0; i < p.value.size(); ++i) {
    if (p.quoted && p.value[i] == '\\' && i + 1 != p.value.size()) ++i;
    out += p.value[i];
  }
  return out;
}

// Takes `= value`. False: no value of a parameter is here.
bool take_value(std::string_view& rest, std::string_view name, challenge& to) {
  std::string_view at = rest;
  skip_spaces(at);
  if (!at.starts_with('=')) return false;
  at.remove_prefix(1);
  skip_spaces(at);
  const parameter_view value = take_parameter_value(at, ",");
  if (value.closed) to.parameters.emplace_back(name, unescape(value));
  rest = at;
  return true;
}

// The token68 that is all of a challenge behind its scheme; empty if there is none.
std::string_view take_token68(std::string_view& rest) noexcept {
  const auto size = token68_size(rest);
  std::string_view after = rest.substr(size);
  skip_spaces(after);
  if (size == 0 || (!after.empty() && after.front() != ',')) return {};
  const auto token = rest.substr(0, size);
  rest = after;
  return token;
}

}  // namespace

std::optional<std::string_view> challenge::get(std::string_view name) const noexcept {
  for (const auto& [key, value] : parameters)
    if (equal_ignoring_case(key, name)) return value;
  return std::nullopt;
}

void parse_challenges(std::string_view rest, std::vector<challenge>& out) {
  const std::size_t before = out.size();
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t,"), rest.size()));
    if (rest.empty()) return;
    const auto token = take_token(rest);
    const bool in_challenge = out.size() != before;
    if (!token.empty() && in_challenge && take_value(rest, token, out.back())) continue;
    const bool is_scheme =
        !token.empty() && (rest.empty() || h1::is_ows(rest.front()) || rest.front() == ',');
    if (!is_scheme) {
      rest.remove_prefix(std::min(rest.find(','), rest.size()));
      continue;
    }
    out.emplace_back().scheme = token;
    skip_spaces(rest);
    out.back().token68 = take_token68(rest);
    // The first parameter comes without a comma in front.
    std::string_view at = rest;
    const auto name = take_token(at);
    if (!name.empty() && take_value(at, name, out.back())) rest = at;
    // Anything else up to the comma is malformed.
    rest.remove_prefix(std::min(rest.find(','), rest.size()));
  }
}

challenge parse_auth_parameters(std::string_view rest) {
  challenge out;
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t,"), rest.size()));
    if (rest.empty()) return out;
    const auto name = take_token(rest);
    if (name.empty() || !take_value(rest, name, out))
      rest.remove_prefix(std::min(rest.find(','), rest.size()));
  }
}

}  // namespace bight::http::auth_detail
