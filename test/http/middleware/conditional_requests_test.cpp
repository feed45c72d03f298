// RFC 9110 13.2.2 for what handlers make.
#include <bight/http/middleware/conditional_requests.hpp>

#include <bight/http/middleware/compression.hpp>
#include <bight/testing/async_test.hpp>
#include <string>

#include "support/http_middleware.hpp"

namespace bight::http::conditional_requests_test {

using test::around;
using test::field;
using test::page;

awaitable<server_response> ask(handler& all, headers fields, method m = method::get) {
  server_request request{m, "/", fields};
  co_return co_await all(request);
}

const headers none;

ASYNC_TEST(conditional_requests, make_a_tag_from_the_content) {
  auto all = around(conditional_requests(), page("hello"));
  auto other = around(conditional_requests(), page("hallo"));
  const auto first = co_await ask(all, none);
  const auto second = co_await ask(all, none);
  const auto third = co_await ask(other, none);
  const auto tag = field(first, "ETag");
  EXPECT_EQ(tag, "\"2cf24dba5fb0a30e26e83b2ac5b9e29e\"") << "the beginning of the SHA-256";
  EXPECT_EQ(field(second, "ETag"), tag);
  EXPECT_NE(field(third, "ETag"), tag);
}

ASYNC_TEST(conditional_requests, answer_304_without_the_content) {
  auto all = around(conditional_requests(),
                    page("hello", headers{{"Cache-Control", "max-age=5"}, {"Content-Language", "en"}}));
  const auto first = co_await ask(all, none);
  const auto tag = field(first, "ETag");
  for (const auto& sent : {tag, "W/" + tag, "\"x\", " + tag, std::string{"*"}}) {
    headers fields{{"If-None-Match", sent}};
    const auto again = co_await ask(all, fields);
    EXPECT_EQ(again.status(), 304) << sent;
    EXPECT_TRUE(again.body().empty());
    EXPECT_EQ(field(again, "ETag"), tag);
    EXPECT_EQ(field(again, "Cache-Control"), "max-age=5");
    EXPECT_FALSE(again.headers().contains("Content-Type"));
    EXPECT_FALSE(again.headers().contains("Content-Language"));
    const auto head = co_await ask(all, fields, method::head);
    EXPECT_EQ(head.status(), 304);
  }
  headers stale{{"If-None-Match", "\"x\""}};
  const auto changed = co_await ask(all, stale);
  EXPECT_EQ(changed.status(), 200);
}

ASYNC_TEST(conditional_requests, use_the_tag_and_the_date_of_the_handler) {
  auto all = around(
      conditional_requests(),
      page("hello", headers{{"ETag", "W/\"v1\""}, {"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}}));
  headers same_tag{{"If-None-Match", "\"v1\""}};
  const auto by_tag = co_await ask(all, same_tag);
  EXPECT_EQ(by_tag.status(), 304);
  EXPECT_EQ(field(by_tag, "ETag"), "W/\"v1\"");
  headers same_date{{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}};
  const auto by_date = co_await ask(all, same_date);
  EXPECT_EQ(by_date.status(), 304);
  headers older{{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT"}};
  const auto modified = co_await ask(all, older);
  EXPECT_EQ(modified.status(), 200);
  headers both{{"If-None-Match", "\"v2\""}, {"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}};
  const auto tag_wins = co_await ask(all, both);
  EXPECT_EQ(tag_wins.status(), 200) << "If-Modified-Since counts only without If-None-Match";
  headers strong{{"If-Match", "\"v1\""}};
  const auto failed = co_await ask(all, strong);
  EXPECT_EQ(failed.status(), 412) << "If-Match compares strongly, and the tag is weak";
}

ASYNC_TEST(conditional_requests, leave_other_requests_and_responses_alone) {
  auto all = around(conditional_requests(), page("hello"));
  headers any{{"If-None-Match", "*"}};
  const auto post = co_await ask(all, any, method::post);
  EXPECT_EQ(post.status(), 200);
  EXPECT_FALSE(post.headers().contains("ETag"));
  auto missing = around(conditional_requests(), page("none", {}, 404));
  const auto not_found = co_await ask(missing, any);
  EXPECT_EQ(not_found.status(), 404);
  auto secret = around(conditional_requests(), page("x", headers{{"Cache-Control", "no-store"}}));
  const auto untagged = co_await ask(secret, any);
  EXPECT_FALSE(untagged.headers().contains("ETag"));
  conditional_requests_options options;
  options.max_tagged_size = 4;
  auto small = around(conditional_requests(options), page("hello"));
  const auto large = co_await ask(small, none);
  EXPECT_FALSE(large.headers().contains("ETag"));
}

ASYNC_TEST(conditional_requests, around_compression_have_a_tag_for_each_coding) {
  auto all = around(conditional_requests(), compression(), page(std::string(2000, 'x')));
  headers zipped{{"Accept-Encoding", "gzip"}};
  const auto plain = co_await ask(all, none);
  const auto coded = co_await ask(all, zipped);
  EXPECT_NE(field(plain, "ETag"), field(coded, "ETag"));
  headers again{{"Accept-Encoding", "gzip"}, {"If-None-Match", field(coded, "ETag")}};
  const auto same = co_await ask(all, again);
  EXPECT_EQ(same.status(), 304);
  EXPECT_EQ(field(same, "Vary"), "Accept-Encoding");
  EXPECT_FALSE(same.headers().contains("Content-Encoding"));
}

ASYNC_TEST(conditional_requests, inside_compression_keep_the_tag_that_the_client_has) {
  auto all = around(compression(), conditional_requests(), page(std::string(2000, 'x')));
  headers zipped{{"Accept-Encoding", "gzip"}};
  const auto coded = co_await ask(all, zipped);
  const auto tag = field(coded, "ETag");
  EXPECT_TRUE(tag.starts_with("W/\""));
  headers again{{"Accept-Encoding", "gzip"}, {"If-None-Match", tag}};
  const auto same = co_await ask(all, again);
  EXPECT_EQ(same.status(), 304);
  EXPECT_EQ(field(same, "ETag"), tag);
}

}  // namespace bight::http::conditional_requests_test
