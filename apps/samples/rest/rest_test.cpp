// Tests of the API: a typed client and plain requests, to the site in memory; and of both stores.
#define REST_TEST
#include "main.cpp"

#include <gmock/gmock.h>
#include <bight/testing.hpp>
#include <bight/testing_http.hpp>
#include <bight/testing_pg.hpp>

using ::testing::HasSubstr;

namespace {

const std::string secret(32, 's');

class rest_test : public ::testing::Test {
 protected:
  static bight::testing::test_client_options as_ann() {
    bight::testing::test_client_options options;
    options.client.auth = http::bearer_auth{make_token(secret, "ann")};
    options.client.base_url = http::url{"http://notes.example/"};
    return options;
  }
  bight::awaitable<note> add(std::string title, std::string tag) {
    note_fields fields;
    fields.title = std::move(title);
    fields.tags.push_back(std::move(tag));
    co_return co_await notes.call(add_note, fields);
  }

  bight::testing::test_client web{make_site(std::make_shared<memory_store>(), secret), as_ann()};
  api::client notes{web};
};

class rest_postgres_test : public bight::testing::pg_test {};

bight::awaitable<void> check_store(note_store& store) {
  note_fields milk;
  milk.title = "Milk";
  milk.tags = {"shop", "two, \"quoted\""};
  const auto first = co_await store.add(milk);
  note_fields tea;
  tea.title = "Tea";
  auto second = co_await store.add(tea);
  EXPECT_LT(first.id, second.id);
  auto found = co_await store.find(first.id);
  CO_ASSERT_TRUE(found);
  EXPECT_EQ(found->title, "Milk");
  EXPECT_EQ(found->tags, milk.tags);
  const auto all = co_await store.list("", 0, 10);
  EXPECT_EQ(all.size(), 2U);
  const auto one = co_await store.list("", first.id, 10);
  EXPECT_EQ(one.size(), 1U);
  const auto limited = co_await store.list("", 0, 1);
  EXPECT_EQ(limited.size(), 1U);
  const auto tagged = co_await store.list("shop", 0, 10);
  CO_ASSERT_EQ(tagged.size(), 1U);
  EXPECT_EQ(tagged[0].id, first.id);
  second.text = "green";
  auto known = co_await store.replace(second);
  EXPECT_TRUE(known);
  found = co_await store.find(second.id);
  CO_ASSERT_TRUE(found);
  EXPECT_EQ(found->text, "green");
  known = co_await store.remove(first.id);
  EXPECT_TRUE(known);
  known = co_await store.remove(first.id);
  EXPECT_FALSE(known);
  found = co_await store.find(first.id);
  EXPECT_FALSE(found);
}

}  // namespace

ASYNC_TEST(rest_memory_test, keeps_notes) {
  memory_store store;
  co_await check_store(store);
}

ASYNC_TEST_F(rest_postgres_test, keeps_notes) {
  co_await postgres_store::create(options());
  co_await postgres_store::create(options());
  postgres_store store{options()};
  co_await check_store(store);
}

ASYNC_TEST_F(rest_test, a_note_is_created_read_replaced_and_deleted) {
  const auto made = co_await add("Milk", "shop");
  EXPECT_EQ(made.id, 1);
  const auto found = co_await notes.call(get_note, 1);
  EXPECT_EQ(found.title, "Milk");
  note_fields tea;
  tea.title = "Tea";
  const auto replaced = co_await notes.call(replace_note, 1, tea);
  EXPECT_EQ(replaced.title, "Tea");
  co_await notes.call(remove_note, 1);
  try {
    static_cast<void>(co_await notes.call(get_note, 1));
    ADD_FAILURE();
  } catch (const api::problem& e) {
    EXPECT_EQ(e.status(), 404);
    EXPECT_EQ(e.detail(), "there is no note 1");
  }
}

ASYNC_TEST_F(rest_test, everything_that_is_wrong_is_named) {
  auto request = web.post("/notes");
  request.body(std::string{R"({"title": "", "tags": ["a", 7]})"}, "application/json");
  auto response = co_await std::move(request);
  EXPECT_EQ(response.status(), 422);
  const auto text = co_await response.text();
  EXPECT_THAT(text, HasSubstr("/title"));
  EXPECT_THAT(text, HasSubstr("/tags/1"));
}

ASYNC_TEST_F(rest_test, who_writes_shows_a_token) {
  bight::testing::test_client nobody{make_site(std::make_shared<memory_store>(), secret)};
  const auto refused = co_await nobody.delete_("/notes/1");
  EXPECT_EQ(refused.status(), 401);
  const auto forged = co_await nobody.delete_("/notes/1")
                          .header("Authorization", "Bearer " + make_token(std::string(32, 'x'), "ann"));
  EXPECT_EQ(forged.status(), 401);
  const auto readable = co_await nobody.get("/notes");
  EXPECT_EQ(readable.status(), 200);
}

ASYNC_TEST_F(rest_test, lists_have_pages_and_a_filter) {
  for (int i = 0; i != 5; ++i)
    static_cast<void>(co_await add("n" + std::to_string(i), i % 2 == 0 ? "even" : "odd"));
  const auto first = co_await notes.call(list_notes, "", 2);
  EXPECT_EQ(first.next, 2);
  std::string titles;
  auto all = notes.all(list_notes, "even", 2);
  auto one = co_await all.next();
  while (one) {
    titles += one->title;
    one = co_await all.next();
  }
  EXPECT_EQ(titles, "n0n2n4");
  const auto wrong = co_await web.get("/notes?limit=many");
  EXPECT_EQ(wrong.status(), 422);
}

ASYNC_TEST_F(rest_test, requests_are_counted_by_operation) {
  static_cast<void>(co_await add("Milk", "shop"));
  auto response = co_await web.get("/metrics");
  const auto text = co_await response.text();
  EXPECT_THAT(text, HasSubstr(R"(http_server_requests_total{method="POST",route="/notes",status="201"} 1)"));
}
