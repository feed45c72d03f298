// A request is a value.
#include <bight/http/request.hpp>

#include <gtest/gtest.h>

#include <utility>

namespace bight::http::request_test {

TEST(request, is_a_get_without_headers_and_body_unless_told_otherwise) {
  const request r{url{"http://localhost/x"}};
  EXPECT_EQ(r.method(), method::get);
  EXPECT_EQ(r.url().href(), "http://localhost/x");
  EXPECT_TRUE(r.headers().empty());
  EXPECT_TRUE(r.body().empty());
}

TEST(request, gives_back_what_was_set) {
  request r{method::put, url{"http://localhost/x"}};
  r.set_method(method::patch);
  r.set_url(url{"https://example.org/y"});
  r.headers().set("X-Name", "value");
  r.set_body("body");
  EXPECT_EQ(r.method(), method::patch);
  EXPECT_EQ(r.url().href(), "https://example.org/y");
  EXPECT_EQ(r.headers().get("x-name"), "value");
  ASSERT_TRUE(r.body().text());
  EXPECT_EQ(*r.body().text(), "body");
}

TEST(request, moves_with_all_that_it_has) {
  request first{method::post, url{"http://localhost/x"}};
  first.set_body("one");
  first.headers().set("X-Name", "value");
  const request second = std::move(first);
  ASSERT_TRUE(second.body().text());
  EXPECT_EQ(*second.body().text(), "one");
  EXPECT_EQ(second.headers().get("X-Name"), "value");
}

}  // namespace bight::http::request_test
