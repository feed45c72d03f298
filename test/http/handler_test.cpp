// Middleware around a handler, without a server.
#include <bight/http/handler.hpp>

#include <bight/core/sleep.hpp>
#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bight::http::handler_test {

// Says what it is, around what the rest says.
middleware named(std::string name) {
  return [name = std::move(name)](server_request& request, next rest) -> awaitable<server_response> {
    auto response = co_await rest(request);
    response.set_body(name + "(" + *response.body().text() + ")");
    co_return response;
  };
}

handler page() {
  return [](server_request& request) -> awaitable<server_response> {
    co_return server_response{200, std::string{request.path()}};
  };
}

ASYNC_TEST(compose, calls_the_first_middleware_outermost) {
  std::vector<middleware> around;
  around.push_back(named("a"));
  around.push_back(named("b"));
  auto all = compose(std::move(around), page());
  server_request request{method::get, "/x?y=1"};
  auto response = co_await all(request);
  EXPECT_EQ(*response.body().text(), "a(b(/x))");
}

ASYNC_TEST(compose, of_nothing_is_the_handler) {
  auto all = compose({}, page());
  server_request request{method::get, "/x"};
  auto response = co_await all(request);
  EXPECT_EQ(*response.body().text(), "/x");
}

ASYNC_TEST(middleware, may_answer_itself_and_may_change_status_and_body) {
  std::vector<middleware> around;
  around.push_back([](server_request& request, next rest) -> awaitable<server_response> {
    auto response = co_await rest(request);
    if (response.status() == 403) {
      response.set_status(404);
      response.set_body("not found\n");
    }
    co_return response;
  });
  around.push_back([](server_request& request, next rest) -> awaitable<server_response> {
    if (!request.headers().contains("Authorization")) co_return server_response{403, "who are you?\n"};
    co_return co_await rest(request);
  });
  auto all = compose(std::move(around), page());
  server_request stranger{method::get, "/secret"};
  auto refused = co_await all(stranger);
  EXPECT_EQ(refused.status(), 404);
  EXPECT_EQ(*refused.body().text(), "not found\n");
  headers fields;
  fields.set("Authorization", "Basic eDp5");
  server_request guest{method::get, "/secret", fields};
  auto let_in = co_await all(guest);
  EXPECT_EQ(let_in.status(), 200);
}

ASYNC_TEST(middleware, holds_move_only_state_and_passes_typed_values) {
  struct user {
    std::string name;
  };
  std::vector<middleware> around;
  around.push_back([database = std::make_unique<std::string>("alice")](
                       server_request& request, next rest) -> awaitable<server_response> {
    request.set(user{*database});
    co_return co_await rest(request);
  });
  auto all = compose(std::move(around), [](server_request& request) -> awaitable<server_response> {
    co_return server_response{200, "hello " + request.get<user>()->name};
  });
  server_request request{method::get, "/"};
  EXPECT_EQ(request.get<user>(), nullptr);
  auto response = co_await all(request);
  EXPECT_EQ(*response.body().text(), "hello alice");
  request.set(user{"bob"});
  EXPECT_EQ(request.get<user>()->name, "bob") << "one value of each type";
}

ASYNC_TEST(middleware, sees_errors_of_what_it_stands_around) {
  std::vector<middleware> around;
  around.push_back([](server_request& request, next rest) -> awaitable<server_response> {
    std::string what;
    try {
      co_return co_await rest(request);
    } catch (const std::runtime_error& e) { what = e.what(); }
    co_return server_response{503, what};
  });
  auto all = compose(std::move(around), [](server_request&) -> awaitable<server_response> {
    throw std::runtime_error{"no database"};
    co_return server_response{};
  });
  server_request request{method::get, "/"};
  auto response = co_await all(request);
  EXPECT_EQ(response.status(), 503);
  EXPECT_EQ(*response.body().text(), "no database");
}

ASYNC_TEST(server_request, for_a_test_shows_what_it_was_made_of) {
  headers fields;
  fields.set("Host", "example.org");
  server_request request{method::post, "/items/7?sort=up", fields, "the body"};
  EXPECT_EQ(request.method(), method::post);
  EXPECT_EQ(request.target(), "/items/7?sort=up");
  EXPECT_EQ(request.path(), "/items/7");
  EXPECT_EQ(request.query(), "sort=up");
  EXPECT_EQ(request.authority(), "example.org");
  EXPECT_EQ(request.param("id"), "");
  request.set_param("id", "7");
  EXPECT_EQ(request.param("id"), "7");
  EXPECT_EQ(request.body_size(), 8U);
  std::string four(4, ' ');
  const auto n = co_await request.read_some(std::as_writable_bytes(std::span{four}));
  EXPECT_EQ(four.substr(0, n), "the ");
  const auto rest = co_await request.text();
  EXPECT_EQ(rest, "body");
}

ASYNC_TEST(server_request, for_a_test_keeps_the_body_limit) {
  server_request request{method::post, "/", {}, "too long"};
  request.max_body(4);
  boost::system::error_code code;
  try {
    static_cast<void>(co_await request.text());
  } catch (const boost::system::system_error& e) { code = e.code(); }
  EXPECT_EQ(code, errc::body_too_large);
}

}  // namespace bight::http::handler_test
