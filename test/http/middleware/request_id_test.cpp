// Where ids come from, and where they go.
#include <bight/http/middleware/request_id.hpp>

#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <set>
#include <string>

#include "support/http_middleware.hpp"

namespace bight::http::request_id_test {

using test::around;
using test::field;

handler show_id() {
  return [](server_request& r) -> awaitable<server_response> {
    co_return server_response{200, r.get<request_id>()->value};
  };
}

ASYNC_TEST(request_ids, are_made_stored_and_sent_back) {
  auto all = around(request_ids(), show_id());
  std::set<std::string> seen;
  for (int i = 0; i != 1000; ++i) {
    server_request request{method::get, "/"};
    const auto response = co_await all(request);
    const auto id = *response.body().text();
    EXPECT_EQ(field(response, "X-Request-Id"), id);
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), id.npos);
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

ASYNC_TEST(request_ids, are_accepted_if_they_are_sane) {
  auto all = around(request_ids(), show_id());
  const std::string longest(128, 'a');
  for (const auto& sent : {std::string{"7f/A+b=:~_.-"}, longest}) {
    server_request request{method::get, "/", headers{{"X-Request-Id", sent}}};
    const auto response = co_await all(request);
    EXPECT_EQ(*response.body().text(), sent);
  }
  for (const auto& sent : {std::string{"a b"}, std::string{"a\"b"}, std::string{"\xc3\xa4"}, std::string{},
                           std::string{"<script>"}, longest + "a"}) {
    server_request request{method::get, "/", headers{{"X-Request-Id", sent}}};
    const auto response = co_await all(request);
    EXPECT_EQ(response.body().text()->size(), 32U) << sent;
  }
}

ASYNC_TEST(request_ids, are_not_accepted_if_told_so) {
  request_id_options options;
  options.header = "X-Trace";
  options.accept = false;
  auto all = around(request_ids(options), show_id());
  server_request request{method::get, "/", headers{{"X-Trace", "42"}}};
  const auto response = co_await all(request);
  EXPECT_NE(field(response, "X-Trace"), "42");
  EXPECT_EQ(field(response, "X-Trace").size(), 32U);
}

TEST(request_ids, need_a_header) {
  request_id_options options;
  options.header = "X Trace";
  EXPECT_THROW(request_ids(options), boost::system::system_error);
}

}  // namespace bight::http::request_id_test
