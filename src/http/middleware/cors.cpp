#include <bight/http/middleware/cors.hpp>

#include <algorithm>
#include <bight/http/url.hpp>
#include <stdexcept>
#include <utility>

#include "http/h1/chars.hpp"
#include "http/middleware/vary.hpp"
#include "http/server/exchange.hpp"
#include "http/server/plain_text.hpp"

namespace bight::http {
namespace {

[[noreturn]] void refuse_cors(std::string_view option, std::string_view value, std::string_view why) {
  throw std::invalid_argument(
      std::string{"bight: cors_options::"}.append(option).append(" '").append(value).append("': ").append(
          why));
}

std::string join_tokens(std::string_view option, const std::vector<std::string>& tokens) {
  std::string all;
  for (const auto& name : tokens) {
    if (!is_token(name)) refuse_cors(option, name, "not a token");
    all.append(all.empty() ? "" : ", ").append(name);
  }
  return all;
}

class cors_policy {
 public:
  explicit cors_policy(cors_options o) : options_(std::move(o)) {
    if (options_.any_origin && options_.credentials)
      refuse_cors("any_origin", "true", "not possible with credentials; list the origins");
    for (const auto& origin : options_.origins) {
      const auto parsed = url::parse(origin);
      if (!parsed || parsed->origin() != origin)
        refuse_cors("origins", origin, "not an origin such as 'https://example.org'");
    }
    methods_ = join_tokens("methods", options_.methods);
    methods_.insert(0, methods_.empty() ? "GET, HEAD, POST" : "GET, HEAD, POST, ");
    headers_ = join_tokens("headers", options_.headers);
    exposed_ = join_tokens("exposed_headers", options_.exposed_headers);
    max_age_ = std::to_string(options_.max_age.count());
  }

  awaitable<server_response> operator()(server_request& request, next rest) {
    const auto origin = request.headers().get(header_id::origin);
    const bool allowed = origin && !request.headers().is_repeated(header_id::origin) && allows(*origin);
    if (origin && request.method() == method::options &&
        request.headers().contains(header_id::access_control_request_method))
      co_return preflight(request, *origin, allowed);
    server_response response;
    try {
      response = co_await rest(request);
    } catch (...) { response = detail::server_exchange::of(request).error_response(); }
    add_origin(response.headers(), origin.value_or(""), allowed);
    if (allowed && !exposed_.empty())
      response.headers().set(header_id::access_control_expose_headers, exposed_);
    co_return response;
  }

 private:
  bool allows(std::string_view origin) {
    if (options_.any_origin) return true;
    if (origin == "null") return options_.null_origin;
    return std::find(options_.origins.begin(), options_.origins.end(), origin) != options_.origins.end() ||
           (options_.origin_filter && options_.origin_filter(origin));
  }
  void add_origin(http::headers& fields, std::string_view origin, bool allowed) const;
  server_response preflight(const server_request& request, std::string_view origin, bool allowed) const;
  void allow_headers(headers_view asked, http::headers& fields) const;

  cors_options options_;
  std::string methods_;
  std::string headers_;
  std::string exposed_;
  std::string max_age_;
};

// What the handler says of origins is replaced: two values would be none.
void cors_policy::add_origin(http::headers& fields, std::string_view origin, bool allowed) const {
  if (options_.any_origin) {
    fields.set(header_id::access_control_allow_origin, "*");
    return;
  }
  middleware_detail::add_vary(fields, "Origin");
  fields.remove(header_id::access_control_allow_origin);
  fields.remove(header_id::access_control_allow_credentials);
  if (!allowed) return;
  fields.append(header_id::access_control_allow_origin, origin);
  if (options_.credentials) fields.append(header_id::access_control_allow_credentials, "true");
}

// Browsers compare the lists with what they need, and tell the developer what is missing.
server_response cors_policy::preflight(const server_request& request, std::string_view origin,
                                       bool allowed) const {
  auto response = allowed ? server_response{status::no_content}
                          : detail::plain_text(status::forbidden, "this origin is not allowed");
  auto& fields = response.headers();
  add_origin(fields, origin, allowed);
  middleware_detail::add_vary(fields, "Access-Control-Request-Method");
  middleware_detail::add_vary(fields, "Access-Control-Request-Headers");
  if (!allowed) return response;
  fields.append(header_id::access_control_allow_methods, methods_);
  allow_headers(request.headers(), fields);
  fields.append(header_id::access_control_max_age, max_age_);
  constexpr std::string_view asks_private = "Access-Control-Request-Private-Network";
  if (options_.private_network && request.headers().get(asks_private) == "true")
    fields.append("Access-Control-Allow-Private-Network", "true");
  return response;
}

// "*" would not include Authorization, so the tokens are sent back.
void cors_policy::allow_headers(headers_view asked, http::headers& fields) const {
  std::string tokens = headers_;
  if (options_.any_header) {
    tokens.clear();
    for (const auto line : asked.get_all(header_id::access_control_request_headers)) {
      h1::for_each_element(line, [&tokens](std::string_view name) {
        if (is_token(name)) tokens.append(tokens.empty() ? "" : ", ").append(name);
        return true;
      });
    }
  }
  if (!tokens.empty()) fields.append(header_id::access_control_allow_headers, tokens);
}

}  // namespace

middleware cors(cors_options options) { return cors_policy{std::move(options)}; }

}  // namespace bight::http
