// The handlers, without a server.
#include "routes.hpp"

#include <bight/testing.hpp>
#include <string>
#include <utility>

using namespace std::chrono_literals;
namespace http = bight::http;

bight::awaitable<int> post(http::router& routes, std::string text) {
  http::server_request request{http::method::post, "/letters", http::headers{}, http::body{std::move(text)}};
  const auto response = co_await routes(request);
  co_return response.status().code();
}

ASYNC_TEST(routes, queue_a_letter_and_refuse_what_is_none) {
  mailbox letters{1, 1h};
  auto routes = make_routes(letters);
  const int empty = co_await post(routes, "");
  EXPECT_EQ(empty, 400);
  const int first = co_await post(routes, "hello");
  EXPECT_EQ(first, 202);
  EXPECT_EQ(letters.waiting(), 1U);
  const int second = co_await post(routes, "hello");
  EXPECT_EQ(second, 503);
}
