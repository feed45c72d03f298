// What routes call: kinds of handlers, options of routes, middleware, errors.
#include <bight/http/router.hpp>

#include <bight/core/event.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/json.hpp>
#include <bight/http/problem.hpp>
#include <bight/testing/async_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/http_served.hpp"

namespace bight::http::router_handlers_test {

using namespace std::chrono_literals;

struct order {
  int id = 0;
};
BOOST_DESCRIBE_STRUCT(order, (), (id))

awaitable<std::string> ask(router& routes, std::string target, method m = method::get) {
  server_request request{m, std::move(target)};
  auto response = co_await routes(request);
  std::string text = std::to_string(response.status().code());
  if (response.body().text()) text += ' ' + *response.body().text();
  co_return text;
}

awaitable<server_response> coroutine(server_request& r) {
  co_return server_response{201, std::string{r.path()}};
}
server_response plain(const server_request&) { return server_response{202, "plain"}; }
awaitable<std::string> later_text() { co_return "later"; }

ASYNC_TEST(route_handler, is_told_by_its_type) {
  int calls = 0;
  router routes;
  routes.get("/coroutine", coroutine);
  routes.get("/plain", plain);
  routes.get("/text", [] { return std::string{"text"}; });
  routes.get("/literal", [](server_request&) { return "literal"; });
  routes.get("/later", later_text);
  routes.get("/nothing", [&calls] { ++calls; });
  routes.get("/nothing/later", [&calls](server_request&) -> awaitable<void> {
    ++calls;
    co_return;
  });
  routes.get("/move-only", [p = std::make_unique<int>(7)] { return std::to_string(*p); });
  const auto a = co_await ask(routes, "/coroutine");
  EXPECT_EQ(a, "201 /coroutine");
  const auto b = co_await ask(routes, "/plain");
  EXPECT_EQ(b, "202 plain");
  const auto c = co_await ask(routes, "/text");
  EXPECT_EQ(c, "200 text");
  const auto d = co_await ask(routes, "/literal");
  EXPECT_EQ(d, "200 literal");
  const auto e = co_await ask(routes, "/later");
  EXPECT_EQ(e, "200 later");
  const auto f = co_await ask(routes, "/nothing");
  EXPECT_EQ(f, "204");
  const auto g = co_await ask(routes, "/nothing/later");
  EXPECT_EQ(g, "204");
  EXPECT_EQ(calls, 2);
  const auto h = co_await ask(routes, "/move-only");
  EXPECT_EQ(h, "200 7");
  server_request request{method::get, "/text"};
  auto response = co_await routes(request);
  EXPECT_EQ(response.headers().get("Content-Type"), "text/plain; charset=utf-8");
}

ASYNC_TEST(route_handler, reads_parameters_by_type) {
  router routes;
  routes.get("/{n:int}/{x:float}/{text}", [](server_request& r) {
    return std::to_string(r.param<std::int64_t>("n") + r.param<short>("n")) + ' ' +
           std::to_string(r.param<double>("x")) + ' ' + r.param<std::string>("text");
  });
  routes.get("/unsigned/{n:int}", [](server_request& r) { return std::to_string(r.param<unsigned>("n")); });
  routes.get("/text/{n}", [](server_request& r) { return std::to_string(r.param<int>("n")); });
  const auto all = co_await ask(routes, "/7/1.5/a%20b");
  EXPECT_EQ(all, "200 14 1.500000 a b");
  const auto negative = co_await ask(routes, "/unsigned/-1");
  EXPECT_EQ(negative.substr(0, 3), "404");
  const auto large = co_await ask(routes, "/70000/1/a");
  EXPECT_EQ(large.substr(0, 3), "404") << "does not fit a short";
  const auto text = co_await ask(routes, "/text/seven");
  EXPECT_EQ(text,
            R"(404 {"title":"Not Found","status":404,"detail":"the path parameter 'n' is not an integer )"
            R"(from -2147483648 to 2147483647"})");
  server_request request{method::get, "/"};
  EXPECT_THROW(static_cast<void>(request.param<int>("missing")), std::out_of_range);
}

ASYNC_TEST(route_handler, may_throw_problems_and_json_errors) {
  router routes;
  routes.get("/problem", []() -> std::string { throw problem{409, "taken"}; });
  routes.post("/json", [](server_request& r) -> awaitable<server_response> {
    const auto o = co_await json<order>(r);
    co_return server_response{200, std::to_string(o.id)};
  });
  routes.get("/other", []() -> std::string { throw std::runtime_error{"no database"}; });
  server_request request{method::get, "/problem"};
  auto response = co_await routes(request);
  EXPECT_EQ(response.status(), 409);
  EXPECT_EQ(response.headers().get("Content-Type"), "application/problem+json");
  EXPECT_EQ(*response.body().text(), R"({"title":"Conflict","status":409,"detail":"taken"})");
  server_request wrong{method::post, "/json", {}, R"({"id": "x"})"};
  auto unprocessable = co_await routes(wrong);
  EXPECT_EQ(unprocessable.status(), 422);
  EXPECT_EQ(*unprocessable.body().text(),
            R"({"title":"Unprocessable Content","status":422,"detail":"expected an integer, not a string",)"
            R"("pointer":"/id"})");
  std::string what;
  try {
    static_cast<void>(co_await ask(routes, "/other"));
  } catch (const std::runtime_error& e) { what = e.what(); }
  EXPECT_EQ(what, "no database");
}

ASYNC_TEST(route_handler, json_of_an_upstream_that_is_wrong_is_not_the_fault_of_the_request) {
  router routes;
  routes.get("/", []() -> std::string { return std::to_string(from_json<order>(R"({"id": "x"})").id); });
  std::string what;
  try {
    static_cast<void>(co_await ask(routes, "/"));
  } catch (const json_error& e) { what = e.what(); }
  EXPECT_THAT(what, ::testing::HasSubstr("/id: expected an integer"));
}

ASYNC_TEST(route_options, max_body_is_per_route) {
  router routes;
  const auto read = [](server_request& r) -> awaitable<std::string> { return r.text(); };
  routes.post("/small", read).max_body(4);
  routes.post("/large", read).max_body(1000);
  server_options options;
  options.limits.max_body = 10;
  test::served s{std::move(routes), options};
  const auto large =
      co_await s.ask("POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n12345678901234567890");
  EXPECT_EQ(large.body, "12345678901234567890");
  const auto small = co_await s.ask("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345");
  EXPECT_EQ(small.status(), 413);
}

ASYNC_TEST(route_options, timeout_cancels_the_handler_and_responds_with_503) {
  bool cancelled = false;
  router routes;
  const auto slow = [&cancelled]() -> awaitable<std::string> {
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {
      cancelled = true;
      throw;
    }
    co_return "late";
  };
  routes.get("/slow", slow).timeout(2s);
  routes.get("/gateway", slow).timeout(1s, 504);
  routes
      .get("/own",
           []() -> awaitable<std::string> {
             throw timeout_error{};
             co_return "";
           })
      .timeout(1s);
  routes.get("/fast", [] { return "fast"; }).timeout(1s);
  const auto began = clock::now();
  const auto slow_one = co_await ask(routes, "/slow");
  EXPECT_EQ(slow_one, "503 the request took too long\n");
  EXPECT_EQ(clock::now() - began, 2s);
  EXPECT_TRUE(cancelled);
  const auto gateway = co_await ask(routes, "/gateway");
  EXPECT_EQ(gateway.substr(0, 3), "504");
  const auto fast = co_await ask(routes, "/fast");
  EXPECT_EQ(fast, "200 fast");
  bool thrown = false;
  try {
    static_cast<void>(co_await ask(routes, "/own"));
  } catch (const timeout_error&) { thrown = true; }
  EXPECT_TRUE(thrown) << "not this route's limit";
}

ASYNC_TEST(route_options, a_timeout_while_the_body_is_read_does_not_end_what_follows) {
  router routes;
  routes.add_middleware([](server_request& r, next rest) -> awaitable<server_response> {
    auto response = co_await rest(r);
    co_await sleep(1min);  // longer than the client has for its body
    co_return response;
  });
  routes.post("/", [](server_request& r) -> awaitable<std::string> { return r.text(); }).timeout(1s);
  test::served s{std::move(routes)};
  const auto answer = co_await s.ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\nabc");
  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(answer.field("Connection"), "close");
}

middleware named(std::string name) {
  return [name = std::move(name)](server_request& r, next rest) -> awaitable<server_response> {
    auto response = co_await rest(r);
    const auto inner = response.headers().get("X-Way").value_or("");
    response.headers().set("X-Way", name + '(' + std::string{inner} + ')');
    co_return response;
  };
}

awaitable<std::string> way(router& routes, std::string target, method m = method::get) {
  server_request request{m, std::move(target)};
  auto response = co_await routes(request);
  co_return std::to_string(response.status().code()) + ' ' +
      std::string{response.headers().get("X-Way").value_or("")};
}

ASYNC_TEST(route_middleware, of_router_mounted_router_and_route_nest) {
  router inner;
  inner.get("/a", plain).add_middleware(named("route")).add_middleware(named("second"));
  inner.add_middleware(named("inner"));
  router api;
  api.add_middleware(named("api"));
  api.mount("/in", std::move(inner));
  router routes;
  routes.get("/b", plain);
  routes.mount("/api", std::move(api));
  routes.mount("/m", plain);
  routes.add_middleware(named("outer"));
  const auto a = co_await way(routes, "/api/in/a");
  EXPECT_EQ(a, "202 outer(api(inner(route(second()))))");
  const auto b = co_await way(routes, "/b");
  EXPECT_EQ(b, "202 outer()");
  const auto missing = co_await way(routes, "/none");
  EXPECT_EQ(missing, "404 outer()");
  const auto wrong = co_await way(routes, "/b", method::post);
  EXPECT_EQ(wrong, "405 outer()");
  const auto options = co_await way(routes, "/b", method::options);
  EXPECT_EQ(options, "204 outer()");
  const auto malformed = co_await way(routes, "/%");
  EXPECT_EQ(malformed, "400 outer()");
  const auto below = co_await way(routes, "/api/in/none");
  EXPECT_EQ(below, "404 outer(api(inner()))");
  const auto between = co_await way(routes, "/api/none");
  EXPECT_EQ(between, "404 outer(api())");
  const auto mounted = co_await way(routes, "/m/x");
  EXPECT_EQ(mounted, "202 outer()");
}

ASYNC_TEST(route_middleware, knows_the_route_before_and_after) {
  std::vector<std::string> labels;
  router routes;
  routes.add_middleware([&](server_request& r, next rest) -> awaitable<server_response> {
    labels.push_back(std::string{r.route()} + ' ' + std::string{r.param("id")});
    auto response = co_await rest(r);
    labels.emplace_back(r.route());
    co_return response;
  });
  routes.get("/items/{id:int}", plain);
  static_cast<void>(co_await ask(routes, "/items/7"));
  static_cast<void>(co_await ask(routes, "/items/x"));
  EXPECT_EQ(labels, (std::vector<std::string>{"/items/{id:int} 7", "/items/{id:int}", " ", ""}));
}

ASYNC_TEST(route_middleware, sees_a_problem_of_the_handler_as_a_response) {
  int seen = 0;
  router routes;
  routes.add_middleware([&](server_request& r, next rest) -> awaitable<server_response> {
    auto response = co_await rest(r);
    seen = response.status().code();
    co_return response;
  });
  routes.add_middleware([](server_request& r, next rest) -> awaitable<server_response> {
    if (r.query() == "refuse") throw problem{401, "who are you?"}.header("WWW-Authenticate", "Basic");
    co_return co_await rest(r);
  });
  routes.get("/", []() -> std::string { throw problem{403}; });
  static_cast<void>(co_await ask(routes, "/"));
  EXPECT_EQ(seen, 403);
  seen = 0;
  server_request request{method::get, "/?refuse"};
  auto response = co_await routes(request);
  EXPECT_EQ(response.status(), 401);
  EXPECT_EQ(response.headers().get("WWW-Authenticate"), "Basic");
  EXPECT_EQ(seen, 0) << "it passed as an exception";
}

ASYNC_TEST(route_middleware, several_requests_at_once_do_not_mix) {
  event gate;
  router routes;
  routes.add_middleware(named("outer"));
  routes.get("/{x}", [&](server_request& r) -> awaitable<std::string> {
    co_await gate.wait();
    co_return std::string{r.param("x")};
  });
  auto a = spawn([&] { return ask(routes, "/a%2F1"); });
  auto b = spawn([&] { return ask(routes, "/b"); });
  co_await sleep(1s);
  gate.set();
  const auto first = co_await std::move(a);
  EXPECT_EQ(first, "200 a/1");
  const auto second = co_await std::move(b);
  EXPECT_EQ(second, "200 b");
}

}  // namespace bight::http::router_handlers_test
