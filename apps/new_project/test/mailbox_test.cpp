// The service, in virtual time.
#include "mailbox.hpp"

#include <bight/testing.hpp>
#include <functional>

using namespace std::chrono_literals;

ASYNC_TEST(mailbox, a_stop_delivers_what_is_waiting) {
  mailbox letters{10, 1h};  // takes no time in the test
  bight::service_host host;
  host.add("mailbox", std::ref(letters)).stop_timeout(24h);
  auto running = bight::spawn([&] { return host.run(); });
  EXPECT_TRUE(letters.post("one"));
  EXPECT_TRUE(letters.post("two"));
  co_await bight::sleep(30min);
  EXPECT_EQ(letters.delivered(), 0U);
  host.stop();
  co_await running;
  EXPECT_EQ(letters.delivered(), 2U);
  EXPECT_FALSE(letters.post("late"));
}

TEST(mailbox, a_full_one_is_unhealthy) {
  mailbox letters{1, 1h};
  EXPECT_EQ(letters.health(), "");
  EXPECT_TRUE(letters.post("one"));
  EXPECT_FALSE(letters.post("two"));
  EXPECT_EQ(letters.health(), "the mailbox is full");
  EXPECT_EQ(letters.unfinished(), "1 letters");
}
