// The pages of the samples, used with a keyboard in Chromium, in windows narrow and wide, light and dark.
#include <bight/core/event.hpp>
#include <bight/http/client.hpp>
#include <bight/http/json.hpp>
#include <bight/testing/async_test.hpp>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "support/devtools.hpp"
#include "support/http_served.hpp"
#include "support/program.hpp"

namespace bight::test::sample_pages_test {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class sample_pages : public with_peers<devtools> {};

// Looks at what the page shows in each window, and fails with what is wrong.
awaitable<void> look(devtools& page, std::string what) {
  for (const int width : {320, 1280}) {
    for (const bool dark : {false, true}) {
      co_await page.window(width, 700, dark);
      const auto faults = co_await page.text_of(faults_of_look);
      EXPECT_EQ(faults, "") << what << ", " << width << " wide, " << (dark ? "dark" : "light");
      const auto ground = co_await page.text_of("matchMedia('(prefers-color-scheme: dark)').matches");
      EXPECT_EQ(ground, dark ? "true" : "false");
    }
  }
}

const std::string log_lines = "[...document.querySelectorAll('#log li')].map(e => e.textContent)";

ASYNC_TEST_F(sample_pages, chat_is_entered_and_used_with_the_keyboard) {
  const scratch_folder folder;
  program server{{BIGHT_SAMPLE_CHAT, "0", folder.path()}};
  const auto url = "http" + server.wait_for_line("http");
  devtools page;
  co_await page.open(url);
  co_await look(page, "before entering");
  const auto can_say = co_await page.text_of("document.getElementById('say').checkVisibility()");
  EXPECT_EQ(can_say, "false");

  // The name has the focus. One that is not allowed does not enter.
  co_await page.until("document.activeElement.id === 'name'");
  co_await page.type("Ann E");
  co_await page.enter();
  const auto valid = co_await page.text_of("document.getElementById('name').checkValidity()");
  EXPECT_EQ(valid, "false");
  co_await page.value_of("document.getElementById('name').select()");
  co_await page.type("Ann_E-1");
  co_await page.tab();
  const auto next = co_await page.text_of("document.activeElement.id");
  EXPECT_EQ(next, "room");
  co_await page.enter();
  co_await page.until("document.activeElement.id === 'text'");
  const auto can_enter = co_await page.text_of("document.getElementById('enter').checkVisibility()");
  EXPECT_EQ(can_enter, "false");

  co_await page.type("hello");
  co_await page.enter();
  const auto answered = "document.getElementById('log').textContent.includes('Ann_E-1: hello')";
  co_await page.until(answered);
  // A word without a place to break does not make the page wider.
  co_await page.type(std::string(200, 'w'));
  co_await page.enter();
  co_await page.until("document.querySelectorAll('#log li').length === 3");
  co_await look(page, "in a room");
  EXPECT_THAT(page.errors(), IsEmpty());
}

ASYNC_TEST_F(sample_pages, chat_returns_after_a_restart_and_misses_nothing) {
  const scratch_folder folder;
  auto server = std::make_unique<program>(std::vector<std::string>{BIGHT_SAMPLE_CHAT, "0", folder.path()});
  const auto url = "http" + server->wait_for_line("http");
  const auto port = url.substr(url.rfind(':') + 1, url.size() - url.rfind(':') - 2);
  devtools page;
  co_await page.open(url);
  co_await page.until("document.activeElement.id === 'name'");
  co_await page.type("Ann");
  co_await page.enter();
  co_await page.until("document.activeElement.id === 'text'");
  co_await page.type("before");
  co_await page.enter();
  co_await page.until("document.getElementById('log').textContent.includes('Ann: before')");
  server->signal(SIGTERM);
  co_await page.until("document.getElementById('state').textContent.includes('the server restarts')");
  co_await look(page, "without a server");
  EXPECT_EQ(server->finish().status, 0);

  server = std::make_unique<program>(std::vector<std::string>{BIGHT_SAMPLE_CHAT, port, folder.path()});
  server->wait_for_line("http");
  co_await page.until("document.activeElement.id === 'text'");
  co_await page.type("after");
  co_await page.enter();
  co_await page.until("document.getElementById('log').textContent.includes('Ann: after')");
  const auto shown = co_await page.value_of(log_lines);
  std::vector<std::string> lines;
  for (const auto& line : shown.as_array()) lines.emplace_back(line.as_string().c_str());
  EXPECT_THAT(lines, ElementsAre("Ann has joined; here: Ann", "Ann: before",
                                 "Ann has left; here: ", "Ann has joined; here: Ann", "Ann: after"));
}

// A receiver that knows nothing at first: what is sent then is a dead letter.
class receiver {
 public:
  receiver()
      : served_([this](http::server_request&) -> awaitable<http::server_response> { return answer(); }) {}
  std::string url() const { return served_.url("/hook"); }
  void accept_from_now() { status_ = 200; }
  int asked() const noexcept { return asked_; }

 private:
  awaitable<http::server_response> answer() {
    ++asked_;
    co_return http::server_response{status_};
  }
  int status_ = 404;
  int asked_ = 0;
  running served_;
};

ASYNC_TEST_F(sample_pages, webhooks_shows_what_happens_and_sends_dead_letters_again) {
  program server{{BIGHT_SAMPLE_WEBHOOKS, "0"}};
  const auto url = "http" + server.wait_for_line("http");
  receiver to;
  http::client client;
  const auto post = [&](std::string path, std::string body) -> awaitable<void> {
    auto response = co_await client.post(url + path).body(std::move(body), "application/json");
    response.raise_for_status();
    co_await response.drain();
  };
  co_await post("subscribers", R"({"url": ")" + to.url() + R"(", "secret": "s3cret"})");
  co_await post("events", R"({"type": "order.paid", "data": "{}"})");

  // It has been dead since before the page was opened.
  const auto dead = [&]() -> awaitable<bool> {
    auto response = co_await client.get(url + "dead");
    const auto letters = co_await response.text();
    co_return letters != "[]";
  };
  for (bool known = false; !known;) known = co_await dead();
  devtools page;
  co_await page.open(url);
  co_await page.until("document.querySelectorAll('#log button').length === 1");
  co_await page.until("document.getElementById('dead').textContent === '0'");

  co_await post("events", R"({"type": "order.paid", "data": "{}"})");
  co_await page.until("document.querySelectorAll('#log button').length === 2");
  co_await page.until("document.getElementById('dead').textContent === '1'");
  co_await look(page, "with dead letters");

  to.accept_from_now();
  co_await page.tab();
  const auto focused = co_await page.text_of("document.activeElement.textContent");
  EXPECT_EQ(focused, "Send again");
  co_await page.enter();
  co_await page.until("document.getElementById('delivered').textContent === '1'");
  co_await page.until("document.querySelectorAll('#log button').length === 1");
  co_await page.tab();
  co_await page.enter();
  co_await page.until("document.getElementById('delivered').textContent === '2'");
  EXPECT_EQ(to.asked(), 4);
  EXPECT_THAT(page.errors(), IsEmpty());
}

}  // namespace bight::test::sample_pages_test
