// What an access log says, and what it does not let clients say.
#include <bight/http/middleware/access_log.hpp>

#include <gmock/gmock.h>

#include <bight/core/sleep.hpp>
#include <bight/http/middleware/authentication.hpp>
#include <bight/http/middleware/request_id.hpp>
#include <bight/testing/async_test.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/http_middleware.hpp"
#include "support/http_served.hpp"
#include "support/log_capture.hpp"

namespace bight::http::access_log_test {

using test::around;
using test::page;
using test::served;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

access_log_options into(std::vector<std::string>& lines, access_log_format format) {
  access_log_options o;
  o.format = format;
  o.sink = [&lines](std::string_view line) { lines.emplace_back(line); };
  return o;
}

ASYNC_TEST(access_log, writes_the_common_format) {
  std::vector<std::string> lines;
  net::memory_pipe_options pipe;
  pipe.first = net::endpoint::parse("192.0.2.7:4711").value();
  served s{around(access_log(into(lines, access_log_format::common)), page("hello")), {}, pipe};
  const auto answer = co_await s.ask("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.status(), 200);
  CO_ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], MatchesRegex("192\\.0\\.2\\.7 - - \\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}(:[0-9]{2}){3} "
                                     "\\+0000\\] \"GET /a\\?b=c HTTP/1\\.1\" 200 5"));
}

ASYNC_TEST(access_log, adds_referrer_and_user_agent_in_the_combined_format) {
  std::vector<std::string> lines;
  served s{around(access_log(into(lines, access_log_format::combined)), page("hello"))};
  co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\nReferer: http://y/\r\nUser-Agent: me\r\n\r\n");
  co_await s.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CO_ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], EndsWith("\"GET / HTTP/1.1\" 200 5 \"http://y/\" \"me\""));
  EXPECT_THAT(lines[1], EndsWith("\"GET / HTTP/1.0\" 200 5 \"-\" \"-\""));
}

ASYNC_TEST(access_log, escapes_what_could_forge_lines) {
  std::vector<std::string> lines;
  served s{around(access_log(into(lines, access_log_format::combined)), page("x"))};
  co_await s.ask("GET /\"\\ HTTP/1.1\r\nHost: x\r\nUser-Agent: a\"\\\tb\xff\r\n\r\n");
  CO_ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("\"GET /\\x22\\x5c HTTP/1.1\""));
  EXPECT_THAT(lines[0], EndsWith("\"a\\x22\\x5c\\x09b\\xff\""));
}

ASYNC_TEST(access_log, escapes_control_characters_of_user_names) {
  std::vector<std::string> lines;
  auto set_user = [](server_request& request, next rest) -> awaitable<server_response> {
    request.set(authenticated_user{"a b\n\x1b[31m"});
    co_return co_await rest(request);
  };
  served s{around(access_log(into(lines, access_log_format::common)), set_user, page("x"))};
  co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CO_ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr(" - a_b\\x0a\\x1b[31m ["));
}

ASYNC_TEST(access_log, writes_json_lines) {
  std::vector<std::string> lines;
  served s{around(access_log(into(lines, access_log_format::json)), request_ids(), page("hello"))};
  co_await s.ask(
      "GET /a?b HTTP/1.1\r\nHost: x.y\r\nX-Request-Id: 42\r\nUser-Agent: a\"\tb\xff\r\nReferer: z\r\n\r\n");
  CO_ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], MatchesRegex("\\{\"time\":\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\."
                                     "[0-9]{3}Z\",\"client\":\"0\\.0\\.0\\.0\",.*\\}"));
  EXPECT_THAT(lines[0], HasSubstr("\"method\":\"GET\",\"target\":\"/a?b\",\"protocol\":\"HTTP/1.1\","
                                  "\"status\":200,\"bytes\":5,\"seconds\":0.000000,\"host\":\"x.y\","
                                  "\"request_id\":\"42\",\"referrer\":\"z\","
                                  "\"user_agent\":\"a\\\"\\tb\xef\xbf\xbd\"}"));
}

ASYNC_TEST(access_log, gives_the_duration_and_the_time_of_receipt) {
  std::vector<std::string> lines;
  const auto slow = [](server_request&) -> awaitable<server_response> {
    co_await sleep(std::chrono::milliseconds{1250});
    co_return server_response{204};
  };
  served s{around(access_log(into(lines, access_log_format::json)), slow)};
  co_await s.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await s.answer(true);
  CO_ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("\"seconds\":1.250000,"));
}

ASYNC_TEST(access_log, shows_the_error_of_a_handler_that_failed) {
  const test::log_capture quiet;
  std::vector<std::string> lines;
  const auto failing = [](server_request&) -> awaitable<server_response> {
    throw std::runtime_error{"no database"};
    co_return server_response{};
  };
  served s{around(access_log(into(lines, access_log_format::json)), failing)};
  const auto answer = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.status(), 500);
  CO_ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("\"status\":500,"));
  EXPECT_THAT(lines[0], HasSubstr("no database"));
}

ASYNC_TEST(access_log, leaves_out_queries_and_requests_if_told_to) {
  std::vector<std::string> lines;
  auto options = into(lines, access_log_format::common);
  options.query = false;
  options.filter = [](const server_request& r, const response_record& record) {
    return r.path() != "/health" || record.status != 200;
  };
  served s{around(access_log(std::move(options)), page("x"))};
  co_await s.ask("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await s.ask("GET /a?token=secret HTTP/1.1\r\nHost: x\r\n\r\n");
  CO_ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("\"GET /a HTTP/1.1\""));
}

ASYNC_TEST(access_log, knows_the_client_of_an_upgraded_connection_and_of_one_that_was_lost) {
  std::vector<std::string> lines;
  net::memory_pipe_options pipe;
  pipe.first = net::endpoint::parse("192.0.2.7:4711").value();
  const auto upgrading = [](server_request& r) -> awaitable<server_response> {
    co_return upgrade(r, "echo", {}, [](net::stream s) -> awaitable<void> { co_await s.write("bye"); });
  };
  served s{around(access_log(into(lines, access_log_format::json)), upgrading), {}, pipe};
  co_await s.client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n");
  const auto all = co_await s.client.read_to_end();
  EXPECT_THAT(all, EndsWith("bye"));
  const auto slow = [](server_request& r) -> awaitable<server_response> {
    r.cancel_on_disconnect();
    co_await sleep(std::chrono::hours{1});
    co_return server_response{200};
  };
  served lost{around(access_log(into(lines, access_log_format::json)), slow), {}, pipe};
  co_await lost.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  co_await sleep(std::chrono::seconds{1});
  lost.client.close();
  co_await lost.serving;
  CO_ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], HasSubstr("\"client\":\"192.0.2.7\""));
  EXPECT_THAT(lines[0], HasSubstr("\"status\":101,"));
  EXPECT_THAT(lines[1], HasSubstr("\"client\":\"192.0.2.7\""));
  EXPECT_THAT(lines[1], HasSubstr("\"error\":"));
}

ASYNC_TEST(access_log, goes_to_the_log_of_the_library_without_a_sink) {
  const test::log_capture log;
  served s{around(access_log(), page("x"))};
  co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto lines = log.lines();
  CO_ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], StartsWith("0.0.0.0 - - ["));
}

}  // namespace bight::http::access_log_test
