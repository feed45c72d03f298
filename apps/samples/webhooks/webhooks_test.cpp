// Tests in virtual time: receivers that are slow, busy or dead, without a network.
#define WEBHOOKS_TEST
#include "main.cpp"

#include <gmock/gmock.h>
#include <bight/testing.hpp>
#include <bight/testing_http.hpp>

using ::testing::SizeIs;

namespace {

struct world {
  bight::testing::mock_http receivers;
  hub h;

  explicit world(settings s = {}) : h(s, options()) {}
  http::client_options options() const {
    http::client_options o;
    o.transport = receivers.transport();
    return o;
  }
};

}  // namespace

ASYNC_TEST(webhooks, every_subscriber_gets_every_event_signed) {
  world w;
  auto& a = w.receivers.post("http://a.test/hook").respond(200);
  auto& b = w.receivers.post("http://b.test/hook").respond(204);
  w.h.subscribe({"http://a.test/hook", "one"});
  w.h.subscribe({"http://b.test/hook", "two"});
  w.h.accept({"order.paid", "{\"id\": 7}"});
  co_await w.h.finish(60s);
  CO_ASSERT_EQ(a.call_count(), 1U);
  CO_ASSERT_EQ(b.call_count(), 1U);
  EXPECT_EQ(a.calls()[0].body, "{\"id\": 7}");
  EXPECT_EQ(a.calls()[0].headers.get("X-Signature"), sign("one", "{\"id\": 7}"));
  EXPECT_NE(a.calls()[0].headers.get("X-Signature"), b.calls()[0].headers.get("X-Signature"));
}

ASYNC_TEST(webhooks, a_busy_receiver_is_asked_again_when_it_said) {
  world w;
  http::headers later;
  later.set("Retry-After", "7");
  auto& a = w.receivers.post("/hook").respond(429, "", later).respond(200);
  w.h.subscribe({"http://a.test/hook", "s"});
  const auto start = bight::clock::now();
  w.h.accept({"x", "{}"});
  co_await w.h.finish(60s);
  EXPECT_EQ(a.call_count(), 2U);
  EXPECT_GE(bight::clock::now() - start, 7s);
  EXPECT_THAT(w.h.dead_letters(), SizeIs(0));
}

ASYNC_TEST(webhooks, what_cannot_be_delivered_is_a_dead_letter_and_can_be_replayed) {
  settings s;
  s.attempts = 2;
  world w{s};
  auto& a = w.receivers.post("/hook").respond(503).respond(503).respond(200);
  const auto to = w.h.subscribe({"http://a.test/hook", "s"});
  const auto id = w.h.accept({"x", "{}"});
  co_await bight::sleep(1min);
  CO_ASSERT_THAT(w.h.dead_letters(), SizeIs(1));
  EXPECT_TRUE(w.h.replay(id, to));
  EXPECT_FALSE(w.h.replay(id, to));
  co_await w.h.finish(60s);
  EXPECT_EQ(a.call_count(), 3U);
  EXPECT_THAT(w.h.dead_letters(), SizeIs(0));
}

ASYNC_TEST(webhooks, a_dead_receiver_delays_no_other_and_the_rate_is_kept) {
  world w;
  w.receivers.post("http://dead.test/").hang();
  auto& live = w.receivers.post("http://live.test/").respond(200);
  w.h.subscribe({"http://dead.test/", "s"});
  w.h.subscribe({"http://live.test/", "s"});
  const auto start = bight::clock::now();
  for (int i = 0; i != 30; ++i) w.h.accept({"x", "{}"});
  while (live.call_count() != 30) co_await bight::sleep(10ms);
  EXPECT_GE(bight::clock::now() - start, 2s);  // a burst of ten, then ten a second
  EXPECT_LE(bight::clock::now() - start, 2100ms);
  co_await w.h.finish(0s);
}
