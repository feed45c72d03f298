// Tests through the whole server, in memory and in virtual time: what one says, the others hear.
#define CHAT_TEST
#include "main.cpp"

#include <gmock/gmock.h>
#include <bight/testing.hpp>
#include <bight/testing_http.hpp>

using ::testing::HasSubstr;

namespace {

struct place {
  fs::temporary_directory folder;
  std::shared_ptr<chat> rooms;
  std::unique_ptr<bight::testing::test_client> client;

  bight::awaitable<http::websocket> enter(std::string name, std::string seen = "0") {
    co_return co_await client->websocket("/chat?room=lobby&name=" + name + "&seen=" + seen);
  }
};

bight::awaitable<place> open_chat() {
  auto folder = co_await fs::make_temporary_directory();
  auto rooms = std::make_shared<chat>(folder.path());
  auto client = std::make_unique<bight::testing::test_client>(make_site(rooms));
  co_return place{std::move(folder), std::move(rooms), std::move(client)};
}

bight::awaitable<message> hear(http::websocket& ws) {
  auto got = co_await ws.receive();
  if (!got) throw std::runtime_error("the connection has ended");
  co_return http::from_json<message>(got->data);
}

// The next message with a text of somebody.
bight::awaitable<message> hear_text(http::websocket& ws) {
  auto m = co_await hear(ws);
  while (m.kind != "text") m = co_await hear(ws);
  co_return m;
}

}  // namespace

ASYNC_TEST(chat, what_one_says_all_hear) {
  auto p = co_await open_chat();
  auto ann = co_await p.enter("ann");
  auto bob = co_await p.enter("bob");
  co_await ann.send(R"({"text": "hello"})");
  for (auto* const ws : {&ann, &bob}) {
    const auto heard = co_await hear_text(*ws);
    EXPECT_EQ(heard.from, "ann");
    EXPECT_EQ(heard.text, "hello");
  }
  co_await p.client->stop();
}

ASYNC_TEST(chat, presence_is_told) {
  auto p = co_await open_chat();
  auto ann = co_await p.enter("ann");
  const auto first = co_await hear(ann);
  EXPECT_EQ(first.kind, "joined");
  EXPECT_EQ(first.text, "ann");
  auto bob = co_await p.enter("bob");
  const auto second = co_await hear(ann);
  EXPECT_EQ(second.text, "ann, bob");
  co_await bob.close();
  const auto third = co_await hear(ann);
  EXPECT_EQ(third.kind, "left");
  EXPECT_EQ(third.text, "ann");
  co_await p.client->stop();
}

ASYNC_TEST(chat, who_comes_back_gets_what_was_missed_and_the_history_survives) {
  auto p = co_await open_chat();
  auto ann = co_await p.enter("ann");
  co_await ann.send(R"({"text": "one"})");
  co_await ann.send(R"({"text": "two"})");
  const auto one = co_await hear_text(ann);
  co_await hear_text(ann);
  co_await ann.close();
  co_await p.client->stop();

  p.rooms = std::make_shared<chat>(p.folder.path());  // a restart
  p.client = std::make_unique<bight::testing::test_client>(make_site(p.rooms));
  auto again = co_await p.enter("ann", std::to_string(one.id));
  const auto missed = co_await hear_text(again);
  EXPECT_EQ(missed.text, "two");
  co_await p.client->stop();
}

ASYNC_TEST(chat, a_name_is_taken_once_and_a_restart_closes_with_1012) {
  auto p = co_await open_chat();
  auto ann = co_await p.enter("ann");
  co_await hear(ann);
  auto other = co_await p.enter("ann");
  try {
    co_await hear(other);
    ADD_FAILURE() << "the name was not taken";
  } catch (const http::websocket_closed&) {}
  EXPECT_EQ(other.close_code(), 4009);
  co_await p.rooms->close(1012, "restart");
  try {
    while (true) co_await hear(ann);
  } catch (const std::exception&) {}
  EXPECT_EQ(ann.close_code(), 1012);
  co_await p.client->stop();
}

ASYNC_TEST(chat, names_are_no_paths) {
  auto p = co_await open_chat();
  auto response = co_await p.client->get("/chat?name=ann&room=..%2Fetc");
  EXPECT_EQ(response.status(), 400);
  auto home = co_await p.client->get("/");
  const auto text = co_await home.text();
  EXPECT_THAT(text, HasSubstr("<title>chat</title>"));
  co_await p.client->stop();
}
