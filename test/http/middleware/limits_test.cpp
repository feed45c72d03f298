// Limits around handlers.
#include <bight/http/middleware/limits.hpp>

#include <bight/core/error.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/timeout.hpp>
#include <bight/testing/async_test.hpp>
#include <chrono>
#include <string>

#include "support/http_middleware.hpp"
#include "support/http_served.hpp"
#include "support/log_capture.hpp"

namespace bight::http::limits_test {

using namespace std::chrono_literals;
using test::around;
using test::page;
using test::served;

ASYNC_TEST(body_limit, refuses_by_the_declared_length_before_the_client_sends) {
  served s{around(body_limit(4), test::echo)};
  const auto answer =
      co_await s.ask("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(answer.status(), 413);
}

ASYNC_TEST(body_limit, refuses_what_turns_out_to_be_larger) {
  served s{around(body_limit(4), test::echo)};
  const auto answer = co_await s.ask(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(answer.status(), 413);
}

ASYNC_TEST(body_limit, lets_others_pass_and_may_exceed_that_of_the_server) {
  server_options options;
  options.limits.max_body = 2;
  served s{around(body_limit(4), test::echo), options};
  const auto answer = co_await s.ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body, "POST / abcd");
}

ASYNC_TEST(request_timeout, cancels_the_handler) {
  bool cancelled = false;
  const auto slow = [&cancelled](server_request&) -> awaitable<server_response> {
    try {
      co_await sleep(1h);
    } catch (const cancelled_error&) {
      cancelled = true;
      throw;
    }
    co_return server_response{200};
  };
  auto all = around(request_timeout(5s), slow);
  server_request request{method::get, "/"};
  const auto begin = clock::now();
  const auto response = co_await all(request);
  EXPECT_EQ(response.status(), 503);
  EXPECT_TRUE(cancelled);
  EXPECT_EQ(clock::now() - begin, 5s);
}

ASYNC_TEST(request_timeout, has_the_status_of_gateways_if_wanted) {
  auto all =
      around(request_timeout(5s, status::gateway_timeout), [](server_request&) -> awaitable<server_response> {
        co_await sleep(1h);
        co_return server_response{200};
      });
  server_request request{method::get, "/"};
  const auto response = co_await all(request);
  EXPECT_EQ(response.status(), 504);
}

ASYNC_TEST(request_timeout, leaves_quick_handlers_and_their_own_timeouts_alone) {
  auto quick = around(request_timeout(5s), page("x"));
  server_request request{method::get, "/"};
  const auto response = co_await quick(request);
  EXPECT_EQ(response.status(), 200);
  auto own = around(request_timeout(5s), [](server_request&) -> awaitable<server_response> {
    co_await wait_for(sleep(1h), 1s);
    co_return server_response{200};
  });
  bool thrown = false;
  try {
    static_cast<void>(co_await own(request));
  } catch (const timeout_error&) { thrown = true; }
  EXPECT_TRUE(thrown) << "the error of the handler, and not a 503";
}

ASYNC_TEST(request_timeout, answers_a_client_that_does_not_send_its_body) {
  server_options options;
  options.limits.body_timeout = 10min;
  options.limits.min_body_rate = 1;
  served s{around(request_timeout(5s), test::echo), options};
  co_await s.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nab");
  const auto begin = clock::now();
  const auto answer = co_await s.answer();
  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_EQ(clock::now() - begin, 5s);
}

}  // namespace bight::http::limits_test
