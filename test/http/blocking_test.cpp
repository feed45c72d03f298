// Handlers on threads.
#include <bight/http/blocking.hpp>

#include <atomic>
#include <bight/core/gather.hpp>
#include <bight/http/problem.hpp>
#include <bight/http/router.hpp>
#include <bight/testing/async_test.hpp>
#include <string>
#include <thread>
#include <utility>

#include "support/http_served.hpp"

namespace bight::http::blocking_test {

ASYNC_TEST(blocking, runs_on_a_thread_with_a_copy_of_the_request) {
  const auto loop_thread = std::this_thread::get_id();
  router routes;
  routes.post("/items/{id:int}", blocking([&](const blocking_request& r) {
                EXPECT_NE(std::this_thread::get_id(), loop_thread);
                return std::string{r.method().name()} + ' ' + r.path() + ' ' + r.route() + ' ' +
                       std::to_string(r.param<int>("id")) + ' ' +
                       std::string{r.query_params().get("q").value_or("")} + ' ' +
                       std::string{r.cookie("c").value_or("")} + ' ' +
                       std::string{r.headers().get("X-A").value_or("")} + ' ' + r.body();
              }));
  test::served s{std::move(routes)};
  const auto answer = co_await s.ask(
      "POST /items/7?q=a%20b HTTP/1.1\r\nHost: x\r\nCookie: c=d\r\nX-A: y\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(answer.body, "POST /items/7 /items/{id:int} 7 a b d y body");
}

ASYNC_TEST(blocking, returns_responses_texts_and_nothing_and_throws_problems) {
  router routes;
  routes.get("/response", blocking([] { return server_response{202, "made"}; }));
  routes.get("/nothing", blocking([] {}));
  routes.get("/problem", blocking([]() -> std::string { throw problem{409}; }));
  server_request a{method::get, "/response"};
  auto made = co_await routes(a);
  EXPECT_EQ(made.status(), 202);
  server_request b{method::get, "/nothing"};
  auto nothing = co_await routes(b);
  EXPECT_EQ(nothing.status(), 204);
  server_request c{method::get, "/problem"};
  auto conflict = co_await routes(c);
  EXPECT_EQ(conflict.status(), 409);
}

ASYNC_TEST(blocking, no_more_calls_at_once_than_the_pool_has_threads) {
  thread_pool pool{{.max_threads = 2}};
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  auto work = blocking(pool, [&](const blocking_request&) {
    const int n = ++running;
    int seen = most;
    while (n > seen && !most.compare_exchange_weak(seen, n)) {}
    std::this_thread::yield();
    --running;
    return "done";
  });
  const auto call = [&]() -> awaitable<void> {
    server_request r{method::get, "/"};
    static_cast<void>(co_await work(r));
  };
  co_await gather(call(), call(), call(), call(), call(), call());
  EXPECT_LE(most, 2);
}

}  // namespace bight::http::blocking_test
