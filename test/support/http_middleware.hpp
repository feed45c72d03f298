// Middleware around a handler, without a server.
#pragma once
#include <bight/http/handler.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bight::test {

inline http::handler around(http::middleware m, http::handler inner) {
  std::vector<http::middleware> all;
  all.push_back(std::move(m));
  return http::compose(std::move(all), std::move(inner));
}

inline http::handler around(http::middleware outer, http::middleware inner, http::handler h) {
  std::vector<http::middleware> all;
  all.push_back(std::move(outer));
  all.push_back(std::move(inner));
  return http::compose(std::move(all), std::move(h));
}

/// Responds with a text of that type.
inline http::handler page(std::string text, http::headers fields = {}, http::status code = 200) {
  if (!fields.contains("Content-Type")) fields.set("Content-Type", "text/plain");
  return [text = std::move(text), fields = std::move(fields),
          code](http::server_request&) -> awaitable<http::server_response> {
    http::server_response r{code, text};
    r.headers() = fields;
    co_return r;
  };
}

/// The value of a response header; "" if there is none.
inline std::string field(const http::server_response& r, std::string_view name) {
  return std::string{r.headers().get(name).value_or("")};
}

}  // namespace bight::test
