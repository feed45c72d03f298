// Headers for browsers.
#include <bight/http/middleware/security_headers.hpp>

#include <bight/http/middleware/trusted_proxies.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <string>

#include "support/http_middleware.hpp"

namespace bight::http::security_headers_test {

using test::around;
using test::field;
using test::page;

ASYNC_TEST(security_headers, adds_what_is_safe_by_default) {
  auto all = around(security_headers(), page("x"));
  server_request request{method::get, "/"};
  const auto response = co_await all(request);
  EXPECT_EQ(field(response, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(field(response, "X-Frame-Options"), "DENY");
  EXPECT_EQ(field(response, "Referrer-Policy"), "strict-origin-when-cross-origin");
  EXPECT_EQ(response.headers().size(), 4U) << "Content-Type and these";
}

ASYNC_TEST(security_headers, leaves_those_of_the_handler) {
  security_headers_options options;
  options.referrer_policy = "";
  options.content_security_policy = "default-src 'self'";
  auto all = around(security_headers(options), page("x", headers{{"X-Frame-Options", "SAMEORIGIN"}}));
  server_request request{method::get, "/"};
  const auto response = co_await all(request);
  EXPECT_EQ(field(response, "X-Frame-Options"), "SAMEORIGIN");
  EXPECT_EQ(field(response, "Content-Security-Policy"), "default-src 'self'");
  EXPECT_FALSE(response.headers().contains("Referrer-Policy"));
}

ASYNC_TEST(security_headers, sends_hsts_over_tls_only) {
  security_headers_options options;
  options.hsts_max_age = std::chrono::seconds{31536000};
  options.hsts_include_subdomains = options.hsts_preload = true;
  trusted_proxies_options proxies;
  proxies.proxies = {"0.0.0.0"};
  auto all = around(trusted_proxies(proxies), security_headers(options), page("x"));
  server_request plain{method::get, "/"};
  const auto clear = co_await all(plain);
  EXPECT_FALSE(clear.headers().contains("Strict-Transport-Security"));
  server_request forwarded{method::get, "/", headers{{"X-Forwarded-Proto", "https"}}};
  const auto secure = co_await all(forwarded);
  EXPECT_EQ(field(secure, "Strict-Transport-Security"), "max-age=31536000; includeSubDomains; preload");
}

TEST(security_headers, refuses_what_is_no_field_value) {
  security_headers_options options;
  options.frame_options = "DENY\r\nX: y";
  EXPECT_THROW(security_headers(options), boost::system::system_error);
}

}  // namespace bight::http::security_headers_test
