#include "routes.hpp"

#include <string>
#include <utility>

namespace http = bight::http;

http::router make_routes(mailbox& letters) {
  http::router routes;
  auto post = [&letters](http::server_request& request) -> bight::awaitable<http::server_response> {
    auto letter = co_await request.text();
    if (letter.empty()) throw http::problem{400, "a letter has some text"};
    if (!letters.post(std::move(letter))) throw http::problem{503, "the mailbox is full"};
    co_return http::server_response{202};
  };
  routes.post("/letters", post).max_body(64 * 1024);
  routes.get("/letters", [&letters] {
    return std::to_string(letters.delivered()) + " delivered, " + std::to_string(letters.waiting()) +
           " waiting\n";
  });
  return routes;
}
