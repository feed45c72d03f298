// connect: by name, by address, through several addresses, and what is left when it fails.
#include <bight/net/connect.hpp>

#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/error.hpp>
#include <bight/net/listener.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/errc.hpp>
#include <optional>
#include <string>

#include "support/sockets.hpp"

namespace bight::net::connect_test {

using namespace std::chrono_literals;
using test::error_of;
namespace sys = boost::system::errc;
using ::testing::HasSubstr;

const endpoint anywhere{ip_address::loopback(), 0};

ip_address loopback(std::uint8_t last) { return ip_address{ip_address::v4_bytes{127, 0, 0, last}}; }

ASYNC_TEST(connect, by_endpoint) {
  listener l{anywhere};
  auto client = co_await connect(l.local_endpoint());
  EXPECT_EQ(client.remote_endpoint(), l.local_endpoint());
}

ASYNC_TEST(connect, an_endpoint_need_not_outlive_the_call) {
  listener l{anywhere};
  std::optional<endpoint> where = l.local_endpoint();
  auto work = connect(*where);
  where.emplace(ip_address::loopback(), static_cast<std::uint16_t>(1));
  where.reset();
  auto client = co_await std::move(work);
  EXPECT_EQ(client.remote_endpoint(), l.local_endpoint());
}

ASYNC_TEST(connect, by_name) {
  listener l{anywhere};
  const auto port = l.local_endpoint().port();
  auto client = co_await connect("localhost", port);
  EXPECT_TRUE(client.remote_endpoint().address().is_loopback());
  EXPECT_EQ(client.remote_endpoint().port(), port);
}

ASYNC_TEST(connect, by_literal_and_the_text_need_not_outlive_the_call) {
  listener l{anywhere};
  std::optional<std::string> host = "127.0.0.1";
  auto work = connect(*host, l.local_endpoint().port());
  *host = "192.0.2.1";
  host.reset();
  auto client = co_await std::move(work);
  EXPECT_EQ(client.remote_endpoint(), l.local_endpoint());
}

ASYNC_TEST(connect, a_refused_connection_is_named) {
  const auto port = test::closed_port();
  const endpoint where{ip_address::loopback(), port};
  const auto by_endpoint = co_await error_of(connect(where));
  EXPECT_EQ(by_endpoint.code(), sys::connection_refused);
  EXPECT_THAT(by_endpoint.what(), HasSubstr(where.to_string()));

  const auto by_name = co_await error_of(connect("localhost", port));
  EXPECT_EQ(by_name.code(), sys::connection_refused);
  EXPECT_THAT(by_name.what(), HasSubstr("localhost:" + std::to_string(port)));

  resolver names;
  const auto by_literal = co_await error_of(connect(names, "127.0.0.1", port));
  EXPECT_EQ(by_literal.code(), sys::connection_refused);
  EXPECT_THAT(by_literal.what(), HasSubstr(where.to_string()));
}

ASYNC_TEST(connect, an_ipv6_literal_is_named_in_brackets) {
  const auto error = co_await error_of(connect("::1", test::closed_port()));
  EXPECT_THAT(error.what(), HasSubstr("[::1]:"));
}

ASYNC_TEST(connect, an_unknown_host_is_named) {
  const auto error = co_await error_of(connect("no-such-host.invalid", 80));
  EXPECT_THAT(error.what(), HasSubstr("no-such-host.invalid"));
  EXPECT_TRUE(error.code() == errc::host_not_found || error.code() == errc::resolver_failed) << error.what();
}

ASYNC_TEST(connect, tries_every_address_in_turn) {
  listener l{anywhere};
  resolver names;
  // Nothing listens on the port at 127.0.0.2 and 127.0.0.3.
  names.set_static("service.test", {loopback(2), loopback(3), ip_address::loopback()});
  auto client = co_await connect(names, "service.test", l.local_endpoint().port());
  EXPECT_EQ(client.remote_endpoint(), l.local_endpoint());
  auto server = co_await l.accept();
  EXPECT_EQ(server.remote_endpoint(), client.local_endpoint());
}

ASYNC_TEST(connect, reports_the_first_failure_when_all_fail) {
  resolver names;
  const ip_address broadcast{ip_address::v4_bytes{255, 255, 255, 255}};  // fails in another way
  names.set_static("service.test", {loopback(2), broadcast});
  const auto port = test::closed_port();
  const auto error = co_await error_of(connect(names, "service.test", port));
  EXPECT_EQ(error.code(), sys::connection_refused);
  EXPECT_THAT(error.what(), HasSubstr("service.test:" + std::to_string(port)));
  EXPECT_THAT(error.what(), HasSubstr("2 addresses"));
}

ASYNC_TEST(connect, a_name_without_addresses_is_an_error) {
  resolver names;
  names.set_static("blocked.test", {});
  const auto error = co_await error_of(connect(names, "blocked.test", 80));
  EXPECT_EQ(error.code(), errc::host_not_found);
  EXPECT_THAT(error.what(), HasSubstr("blocked.test"));
}

ASYNC_TEST(connect, cancelled_on_the_way_it_leaves_nothing_open) {
  test::deaf_listener deaf;
  co_await deaf.fill();
  const endpoint where{ip_address::loopback(), deaf.port()};
  const auto before = test::open_descriptors();
  for (int how = 0; how != 2; ++how) {
    auto connecting = spawn([&]() -> awaitable<void> {
      try {
        if (how == 0) {
          auto s = co_await connect(where);
        } else {
          auto s = co_await connect("127.0.0.1", where.port());
        }
      } catch (...) {
        EXPECT_EQ(test::open_descriptors(), before);  // already here
        throw;
      }
    });
    for (int i = 0; i != 4; ++i) co_await yield();
    CO_ASSERT_FALSE(connecting.done());
    EXPECT_EQ(test::open_descriptors(), before + 1);
    connecting.cancel();
    co_await connecting.wait();
    EXPECT_TRUE(connecting.cancelled());
    EXPECT_EQ(test::open_descriptors(), before);
  }
}

ASYNC_TEST(connect, an_attempt_has_a_limit_of_its_own) {
  test::deaf_listener deaf;
  co_await deaf.fill();
  resolver names;
  names.set_static("slow.test", {ip_address::loopback()});
  connect_options options;
  options.attempt_timeout = 30ms;
  const auto before = test::open_descriptors();
  const auto error = co_await error_of(connect(names, "slow.test", deaf.port(), options));
  EXPECT_EQ(error.code(), bight::errc::timed_out);
  EXPECT_THAT(error.what(), HasSubstr("slow.test:" + std::to_string(deaf.port())));
  EXPECT_EQ(test::open_descriptors(), before);
}

ASYNC_TEST(connect, goes_on_with_the_next_address_after_the_limit) {
  test::deaf_listener deaf;
  co_await deaf.fill();
  resolver names;
  listener good{endpoint{loopback(9), deaf.port()}};
  names.set_static("slow.test", {ip_address::loopback(), loopback(9)});
  connect_options options;
  options.attempt_timeout = 30ms;
  auto client = co_await connect(names, "slow.test", deaf.port(), options);
  EXPECT_EQ(client.remote_endpoint(), good.local_endpoint());
}

ASYNC_TEST(connect, a_limit_on_everything_is_put_around_it) {
  test::deaf_listener deaf;
  co_await deaf.fill();
  resolver names;
  names.set_static("slow.test", {ip_address::loopback(), ip_address::loopback(), ip_address::loopback()});
  const auto error = co_await error_of(wait_for(connect(names, "slow.test", deaf.port()), 30ms));
  EXPECT_EQ(error.code(), bight::errc::timed_out);
}

}  // namespace bight::net::connect_test
