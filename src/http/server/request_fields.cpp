// What a request says in its query, its form and its cookies.
#include <bight/http/headers.hpp>
#include <bight/http/problem.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/url.hpp>

#include <algorithm>
#include <string>

#include "http/h1/chars.hpp"
#include "http/server/cookie_header.hpp"
#include "http/server/exchange.hpp"

namespace bight::http {
namespace {

http::query_params parse_pairs(std::string_view text, const char* what) {
  constexpr std::size_t most = 1000;
  query_params_limits limits;
  limits.max_length = text.size();  // bounded by those who received it
  limits.max_pairs = most;
  auto parsed = http::query_params::parse(text, limits);
  if (!parsed)
    throw problem{400, "the " + std::string{what} + " has more than " + std::to_string(most) + " fields"};
  return *std::move(parsed);
}

}  // namespace

const http::query_params& server_request::query_params() const {
  auto& known = extras().query;
  if (!known) known = parse_pairs(query(), "query");
  return *known;
}

awaitable<const http::query_params&> server_request::form() {
  auto& known = extras().form;
  if (!known) {
    const auto field = headers().get(header_id::content_type).value_or("");
    const auto type = media_type_view::parse(field);
    if (!type || !type->is("application", "x-www-form-urlencoded"))
      throw problem{status::unsupported_media_type,
                    "expected a form (application/x-www-form-urlencoded), not '" + std::string{field} + '\''};
    const auto body = co_await text();
    known = parse_pairs(body, "form");
  }
  co_return *known;
}

std::optional<std::string_view> server_request::cookie(std::string_view name) const noexcept {
  return detail::find_cookie(headers(), name);
}

std::vector<std::pair<std::string_view, std::string_view>> server_request::cookies() const {
  std::vector<std::pair<std::string_view, std::string_view>> all;
  detail::for_each_cookie(headers(), [&](std::string_view name, std::string_view value) {
    all.emplace_back(name, value);
    return true;
  });
  return all;
}

}  // namespace bight::http
