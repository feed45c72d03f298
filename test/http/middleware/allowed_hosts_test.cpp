// Names under which a server may be reached.
#include <bight/http/middleware/allowed_hosts.hpp>

#include <bight/testing/async_test.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/http_middleware.hpp"
#include "support/http_served.hpp"

namespace bight::http::allowed_hosts_test {

using test::around;
using test::page;

const std::vector<std::string> allowed{"example.org", "*.example.net", "admin.example:8443", "[::1]",
                                       "127.0.0.1"};

ASYNC_TEST(allowed_hosts, lets_the_listed_names_pass) {
  auto all = around(allowed_hosts(allowed), page("x"));
  for (const std::string host :
       {"example.org", "EXAMPLE.org:8080", "example.org.", "example.org.:80", "a.example.net",
        "a.b.example.net:1", "admin.example:8443", "[::1]", "[::1]:80", "127.0.0.1:80"}) {
    server_request request{method::get, "/", headers{{"Host", host}}};
    const auto response = co_await all(request);
    EXPECT_EQ(response.status(), 200) << host;
  }
}

ASYNC_TEST(allowed_hosts, answers_421_to_others) {
  auto all = around(allowed_hosts(allowed), page("x"));
  for (const std::string host :
       {"evil.org", "example.org.evil", "xexample.org", "www.example.org", "example.net", ".example.net",
        "xexample.net", "admin.example", "admin.example:80", "[::2]", "example.org@evil"}) {
    server_request request{method::get, "/", headers{{"Host", host}}};
    const auto response = co_await all(request);
    EXPECT_EQ(response.status(), 421) << host;
  }
}

ASYNC_TEST(allowed_hosts, answers_400_without_a_host) {
  test::served s{around(allowed_hosts(allowed), page("x"))};
  const auto answer = co_await s.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(answer.status(), 400);
}

TEST(allowed_hosts, refuses_entries_that_are_no_hosts) {
  for (const std::string host :
       {"", "*", "*.", "a.*.b", "https://example.org", "example.org/", "*.example.org:80"}) {
    const std::vector<std::string> hosts{host};
    EXPECT_THROW(allowed_hosts(hosts), std::invalid_argument) << host;
  }
}

}  // namespace bight::http::allowed_hosts_test
