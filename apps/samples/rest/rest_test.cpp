// Tests of the API: requests go to the router, without a server or a network.
#define REST_TEST
#include "main.cpp"

#include <gmock/gmock.h>
#include <bight/testing.hpp>

using ::testing::HasSubstr;

namespace {

struct answer {
  int status = 0;
  std::string body;
};

class rest_test : public ::testing::Test {
 protected:
  bight::awaitable<answer> ask(http::method m, std::string target, std::string body = {}) {
    http::server_request request{m, std::move(target), {}, http::body{std::move(body)}};
    auto response = co_await site_(request);
    answer a;
    a.status = response.status().code();
    a.body = co_await response.body().collect();
    co_return a;
  }
  bight::awaitable<void> add(std::string title, std::string tag) {
    co_await ask(http::method::post, "/notes",
                 R"({"title": ")" + title + R"(", "text": "", "tags": [")" + tag + R"("]})");
  }

 private:
  http::router site_ = make_site(std::make_shared<memory_store>());
};

}  // namespace

ASYNC_TEST_F(rest_test, a_note_is_created_read_replaced_and_deleted) {
  const auto made =
      co_await ask(http::method::post, "/notes", R"({"title": "Milk", "text": "two", "tags": []})");
  EXPECT_EQ(made.status, 201);
  EXPECT_THAT(made.body, HasSubstr(R"("id":1)"));
  const auto found = co_await ask(http::method::get, "/notes/1");
  EXPECT_EQ(found.status, 200);
  EXPECT_THAT(found.body, HasSubstr(R"("title":"Milk")"));
  const auto replaced =
      co_await ask(http::method::put, "/notes/1", R"({"title": "Tea", "text": "", "tags": []})");
  EXPECT_EQ(replaced.status, 200);
  const auto removed = co_await ask(http::method::delete_, "/notes/1");
  EXPECT_EQ(removed.status, 204);
  const auto gone = co_await ask(http::method::get, "/notes/1");
  EXPECT_EQ(gone.status, 404);
  EXPECT_THAT(gone.body, HasSubstr("there is no note 1"));
}

ASYNC_TEST_F(rest_test, everything_that_is_wrong_is_named) {
  const auto made =
      co_await ask(http::method::post, "/notes", R"({"title": "", "text": "", "tags": ["a", ""]})");
  EXPECT_EQ(made.status, 422);
  EXPECT_THAT(made.body, HasSubstr("/title"));
  EXPECT_THAT(made.body, HasSubstr("/tags/1"));
  const auto number = co_await ask(http::method::post, "/notes", R"({"title": 7, "text": "", "tags": []})");
  EXPECT_EQ(number.status, 422);
  EXPECT_THAT(number.body, HasSubstr("/title"));
  const auto text = co_await ask(http::method::post, "/notes", "milk");
  EXPECT_EQ(text.status, 422);
}

ASYNC_TEST_F(rest_test, lists_have_pages_and_a_filter) {
  for (int i = 0; i != 5; ++i) co_await add("n" + std::to_string(i), i % 2 == 0 ? "even" : "odd");
  const auto first = co_await ask(http::method::get, "/notes?limit=2");
  EXPECT_THAT(first.body, HasSubstr(R"("next":2)"));
  const auto last = co_await ask(http::method::get, "/notes?limit=2&after=4");
  EXPECT_THAT(last.body, HasSubstr(R"("next":null)"));
  const auto odd = co_await ask(http::method::get, "/notes?tag=odd");
  EXPECT_THAT(odd.body, ::testing::Not(HasSubstr("even")));
  EXPECT_THAT(odd.body, HasSubstr("n3"));
  const auto wrong = co_await ask(http::method::get, "/notes?limit=many");
  EXPECT_EQ(wrong.status, 422);
}
