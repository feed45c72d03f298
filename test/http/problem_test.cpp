// Problems (RFC 9457), thrown and as JSON.
#include <bight/http/problem.hpp>

#include <bight/http/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <limits>
#include <stdexcept>
#include <string>

#include "support/http_served.hpp"
#include "support/log_capture.hpp"

namespace bight::http::problem_test {

TEST(problem, is_a_json_object_with_the_members_that_are_set) {
  EXPECT_EQ(problem{404}.to_json(), R"({"title":"Not Found","status":404})");
  const auto full = problem{403, "you have 30"}
                        .type("https://example.com/credit")
                        .title("No credit")
                        .instance("/account/12")
                        .with("balance", 30)
                        .with("rate", 0.5)
                        .with("final", true)
                        .with("name", "ann")
                        .with("large", std::numeric_limits<std::uint64_t>::max())
                        .with_json("accounts", "[1,2]");
  EXPECT_EQ(full.to_json(),
            R"({"type":"https://example.com/credit","title":"No credit","status":403,"detail":"you have 30",)"
            R"("instance":"/account/12","balance":30,"rate":0.5,"final":true,"name":"ann",)"
            R"("large":18446744073709551615,"accounts":[1,2]})");
  EXPECT_STREQ(full.what(), "403 Forbidden: you have 30");
  EXPECT_EQ(problem{599}.to_json(), R"({"status":599})");
}

TEST(problem, escapes_texts_and_replaces_malformed_utf8) {
  const auto p = problem{400, "a\"b\\c\n\x01\xff"}.with("x\"", "\xc3");
  EXPECT_EQ(p.to_json(),
            "{\"title\":\"Bad Request\",\"status\":400,\"detail\":\"a\\\"b\\\\c\\n\\u0001\xef\xbf\xbd\","
            "\"x\\\"\":\"\xef\xbf\xbd\"}");
}

TEST(problem, refuses_what_is_no_error_and_standard_members) {
  EXPECT_THROW(problem{200}, std::invalid_argument);
  EXPECT_THROW(problem{302}, std::invalid_argument);
  EXPECT_THROW(problem{400}.with("status", 1), std::invalid_argument);
  EXPECT_THROW(problem{400}.with("x", std::numeric_limits<double>::infinity()), std::invalid_argument);
  EXPECT_THROW(problem{400}.header("X", "a\r\nb"), boost::system::system_error);
}

TEST(problem, a_member_that_is_set_twice_counts_once) {
  EXPECT_EQ(problem{400}.with("a", 1).with("a", 2).to_json(),
            R"({"title":"Bad Request","status":400,"a":2})");
}

ASYNC_TEST(problem, thrown_by_a_handler_without_a_router_is_the_response) {
  const test::log_capture logged;
  test::served s{[](server_request& r) -> awaitable<server_response> {
    if (r.path() == "/json") throw request_json_error{json_error{"/a/0", "expected a number"}};
    throw problem{429, "too fast"}.header("Retry-After", "3");
    co_return server_response{};
  }};
  const auto answer = co_await s.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answer.start_line(), "HTTP/1.1 429 Too Many Requests");
  EXPECT_EQ(answer.field("Content-Type"), "application/problem+json");
  EXPECT_EQ(answer.field("Retry-After"), "3");
  EXPECT_EQ(answer.body, R"({"title":"Too Many Requests","status":429,"detail":"too fast"})");
  const auto json = co_await s.ask("GET /json HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(json.status(), 422);
  EXPECT_EQ(json.body, R"({"title":"Unprocessable Content","status":422,"detail":"expected a number",)"
                       R"("pointer":"/a/0"})");
  EXPECT_TRUE(logged.lines().empty()) << "the client's errors are not the server's";
}

}  // namespace bight::http::problem_test
