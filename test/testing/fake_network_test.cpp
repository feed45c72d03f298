// A network in memory: names, connects, listeners, and what goes wrong with them.
#include <bight/testing/fake_network.hpp>

#include <bight/core/as_result.hpp>
#include <bight/core/cancel.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/error.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/resolver.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/schedule.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <boost/system/errc.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/sockets.hpp"

namespace bight::testing::fake_network_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using net::endpoint;
using net::ip_address;
using net::listener;
using net::stream;
using test::error_of;
using test::read_all;
using test::read_once;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace sys = boost::system::errc;

endpoint at(std::string_view text) { return endpoint::parse(text).value(); }

// A network that the running task uses.
class inside {
 public:
  explicit inside(const fake_network_options& options = {}) : network(options), scope_(network.use()) {}
  fake_network network;

 private:
  net::network_scope scope_;
};

ASYNC_TEST(fake_network, connects_a_client_to_a_listener) {
  inside here;
  listener l{at("192.0.2.7:80")};
  EXPECT_EQ(l.local_endpoint(), at("192.0.2.7:80"));
  auto client = co_await net::connect(at("192.0.2.7:80"));
  auto server = co_await l.accept();
  EXPECT_EQ(client.remote_endpoint(), at("192.0.2.7:80"));
  EXPECT_EQ(server.local_endpoint(), client.remote_endpoint());
  EXPECT_EQ(server.remote_endpoint(), client.local_endpoint());
  EXPECT_NE(client.local_endpoint(), endpoint{});
  EXPECT_EQ(client.native_handle(), -1);
  co_await client.write("there");
  const auto there = co_await read_once(server);
  EXPECT_EQ(there, "there");
  co_await server.write("back");
  co_await server.shutdown_write();
  const auto back = co_await read_all(client);
  EXPECT_EQ(back, "back");
}

ASYNC_TEST(fake_network, uses_no_descriptor) {
  const auto before = test::open_descriptors();
  inside here;
  listener l{at("0.0.0.0:80")};
  auto client = co_await net::connect("localhost", 80);
  auto server = co_await l.accept();
  EXPECT_EQ(test::open_descriptors(), before);
}

ASYNC_TEST(fake_network, knows_the_names_that_were_added) {
  inside here;
  here.network.add_host("Example.org", {"192.0.2.7", "2001:db8::7"});
  net::resolver names;
  const auto found = co_await names.resolve("example.ORG");
  EXPECT_THAT(found, ElementsAre(*ip_address::parse("192.0.2.7"), *ip_address::parse("2001:db8::7")));
  const auto local = co_await names.resolve("localhost");
  EXPECT_THAT(local, ElementsAre(ip_address::loopback()));
  const auto unknown = co_await error_of(names.resolve("example.com"));
  EXPECT_EQ(unknown.code(), net::errc::host_not_found);
  EXPECT_THAT(unknown.what(), HasSubstr("example.com"));
  EXPECT_EQ(here.network.lookups(), 3U);
  EXPECT_EQ(here.network.lookups("EXAMPLE.org"), 1U);
  EXPECT_EQ(here.network.lookups("nobody.asked"), 0U);
}

ASYNC_TEST(fake_network, look_ups_fail_as_told_until_the_name_is_added_again) {
  inside here;
  here.network.fail_lookup("example.org", make_error_code(net::errc::resolver_failed));
  const net::resolver_options no_cache{.max_entries = 0};
  net::resolver names{no_cache};
  const auto failed = co_await error_of(names.resolve("example.org"));
  EXPECT_EQ(failed.code(), net::errc::resolver_failed);
  here.network.add_host("example.org", {});
  const auto empty = co_await error_of(names.resolve("example.org"));
  EXPECT_EQ(empty.code(), net::errc::host_not_found);
  here.network.add_host("example.org", {"192.0.2.7"});
  const auto found = co_await names.resolve("example.org");
  EXPECT_EQ(found.size(), 1U);
}

ASYNC_TEST(fake_network, a_resolver_asks_again_when_its_answer_is_old) {
  inside here;
  here.network.add_host("example.org", {"192.0.2.7"});
  net::resolver names;
  for (int i = 0; i != 3; ++i) co_await names.resolve("example.org");
  EXPECT_EQ(here.network.lookups("example.org"), 1U);
  co_await sleep(1min);
  co_await names.resolve("example.org");
  EXPECT_EQ(here.network.lookups("example.org"), 2U);
}

ASYNC_TEST(fake_network, takes_its_time) {
  const fake_network_options options{.lookup_delay = 30ms, .connect_delay = 200ms};
  inside here{options};
  listener l{at("0.0.0.0:80")};
  const auto start = clock::now();
  auto s = co_await net::connect("localhost", 80);
  EXPECT_EQ(clock::now() - start, 230ms);
  const auto refused = co_await error_of(net::connect(at("127.0.0.1:81")));
  EXPECT_EQ(refused.code(), sys::connection_refused);
  EXPECT_EQ(clock::now() - start, 430ms);
}

ASYNC_TEST(fake_network, refuses_where_nobody_listens) {
  inside here;
  const auto nobody = co_await error_of(net::connect(at("192.0.2.7:80")));
  EXPECT_EQ(nobody.code(), sys::connection_refused);
  EXPECT_THAT(nobody.what(), HasSubstr("192.0.2.7:80"));
  std::optional<listener> l{at("192.0.2.7:80")};
  co_await net::connect(at("192.0.2.7:80"));
  const auto other_port = co_await error_of(net::connect(at("192.0.2.7:81")));
  EXPECT_EQ(other_port.code(), sys::connection_refused);
  const auto other_address = co_await error_of(net::connect(at("192.0.2.8:80")));
  EXPECT_EQ(other_address.code(), sys::connection_refused);
  l.reset();
  const auto gone = co_await error_of(net::connect(at("192.0.2.7:80")));
  EXPECT_EQ(gone.code(), sys::connection_refused);
  EXPECT_EQ(here.network.connects(), 5U);
  EXPECT_EQ(here.network.connects("192.0.2.7:80"), 3U);
}

// Which listeners get a connect to an address, by the first byte that they send.
awaitable<std::string> who_answers(endpoint where) {
  auto s = co_await net::connect(where);
  co_return co_await read_once(s);
}
awaitable<void> say(listener l, std::string name) {
  while (true) {
    auto s = co_await l.accept();
    co_await s.write(name);
  }
}

ASYNC_TEST(fake_network, wildcard_addresses_get_what_is_for_nobody_else) {
  inside here;
  spawn(say, listener(at("0.0.0.0:80")), "four").detach();
  spawn(say, listener(at("192.0.2.7:80")), "exact").detach();
  spawn(say, listener(at("[::]:81")), "both").detach();
  const net::listen_options six_only{.dual_stack = false};
  spawn(say, listener(at("[::]:82"), six_only), "six").detach();
  const auto exact = co_await who_answers(at("192.0.2.7:80"));
  EXPECT_EQ(exact, "exact");
  const auto four = co_await who_answers(at("198.51.100.1:80"));
  EXPECT_EQ(four, "four");
  const auto not_four = co_await error_of(who_answers(at("[2001:db8::1]:80")));
  EXPECT_EQ(not_four.code(), sys::connection_refused);
  const auto both = co_await who_answers(at("[2001:db8::1]:81"));
  EXPECT_EQ(both, "both");
  const auto both_four = co_await who_answers(at("192.0.2.1:81"));
  EXPECT_EQ(both_four, "both");
  const auto six = co_await who_answers(at("[::1]:82"));
  EXPECT_EQ(six, "six");
  const auto not_six = co_await error_of(who_answers(at("192.0.2.1:82")));
  EXPECT_EQ(not_six.code(), sys::connection_refused);
}

ASYNC_TEST(fake_network, picks_free_ports_and_refuses_taken_ones) {
  inside here;
  const listener a{at("127.0.0.1:0")};
  const listener b{at("127.0.0.1:0")};
  EXPECT_NE(a.local_endpoint().port(), 0);
  EXPECT_NE(a.local_endpoint(), b.local_endpoint());
  std::optional<listener> c{at("192.0.2.7:80")};
  const auto conflict = [](std::string_view where, const net::listen_options& options = {}) {
    try {
      const listener again{at(where), options};
    } catch (const system_error& e) {
      EXPECT_EQ(e.code(), sys::address_in_use);
      EXPECT_THAT(e.what(), HasSubstr(std::string{where}));
      return true;
    }
    return false;
  };
  EXPECT_TRUE(conflict("192.0.2.7:80"));
  const listener all{at("0.0.0.0:80")};  // beside the one of its own address
  EXPECT_TRUE(conflict("0.0.0.0:80"));
  EXPECT_TRUE(conflict("[::]:80"));
  const net::listen_options six_only{.dual_stack = false};
  EXPECT_FALSE(conflict("[::]:80", six_only));
  EXPECT_FALSE(conflict("192.0.2.8:80"));
  EXPECT_FALSE(conflict("192.0.2.7:81"));
  c->close();
  EXPECT_FALSE(conflict("192.0.2.7:80"));
  co_return;
}

ASYNC_TEST(fake_network, listeners_that_share_a_port_take_turns) {
  inside here;
  const net::listen_options shared{.reuse_port = true};
  spawn(say, listener(at("0.0.0.0:80"), shared), "a").detach();
  spawn(say, listener(at("0.0.0.0:80"), shared), "b").detach();
  std::string all;
  for (int i = 0; i != 4; ++i) all += co_await who_answers(at("192.0.2.7:80"));
  EXPECT_EQ(all, "abab");
}

ASYNC_TEST(fake_network, a_full_backlog_makes_connects_wait) {
  inside here;
  const net::listen_options options{.backlog = 2};
  listener l{at("0.0.0.0:80"), options};
  std::vector<task<stream>> connecting;
  const auto connect = [] { return net::connect(at("192.0.2.7:80")); };
  for (int i = 0; i != 4; ++i) connecting.push_back(spawn(connect));
  co_await settle();
  EXPECT_TRUE(connecting[1].done());
  EXPECT_FALSE(connecting[2].done());
  co_await l.accept();
  co_await settle();
  EXPECT_TRUE(connecting[2].done());
  EXPECT_FALSE(connecting[3].done());
  l.close();
  co_await connecting[3].wait();
  try {
    connecting[3].result();
    ADD_FAILURE() << "connected";
  } catch (const system_error& e) { EXPECT_EQ(e.code(), sys::connection_refused); }
  // Who was in the backlog is reset.
  const auto reset = co_await error_of(read_once(connecting[1].result()));
  EXPECT_EQ(reset.code(), sys::connection_reset);
}

ASYNC_TEST(fake_network, accept_ends_with_its_listener) {
  inside here;
  listener l{at("0.0.0.0:80")};
  auto accepting = spawn([&]() -> awaitable<void> { static_cast<void>(co_await l.accept()); });
  co_await settle();
  l.close();
  const auto interrupted = co_await as_result(accepting);
  EXPECT_EQ(interrupted.error(), sys::operation_canceled);
  const auto later = co_await error_of(l.accept());
  EXPECT_EQ(later.code(), net::errc::stream_closed);
  EXPECT_EQ(l.local_endpoint(), at("0.0.0.0:80"));
}

ASYNC_TEST(fake_network, a_cancelled_accept_loses_no_connection) {
  inside here;
  listener l{at("0.0.0.0:80")};
  auto accepting = spawn([&]() -> awaitable<void> { static_cast<void>(co_await l.accept()); });
  co_await settle();
  auto client = co_await net::connect(at("192.0.2.7:80"));
  accepting.cancel();
  co_await accepting.wait();
  if (accepting.cancelled()) {
    auto server = co_await l.accept();
    EXPECT_EQ(server.remote_endpoint(), client.local_endpoint());
  }
}

ASYNC_TEST(fake_network, black_holes_and_unreachable_addresses) {
  inside here;
  here.network.add_host("example.org", {"192.0.2.1", "192.0.2.2", "192.0.2.3"});
  here.network.black_hole("192.0.2.1");
  here.network.unreachable("192.0.2.2");
  listener l{at("0.0.0.0:80")};
  const auto start = clock::now();
  auto s = co_await net::connect("example.org", 80);
  EXPECT_EQ(clock::now() - start, 250ms);  // attempt_delay: the next one is tried
  EXPECT_EQ(s.remote_endpoint(), at("192.0.2.3:80"));
  const auto unreachable = co_await error_of(net::connect(at("192.0.2.2:80")));
  EXPECT_EQ(unreachable.code(), sys::host_unreachable);
  here.network.reachable("192.0.2.1");
  co_await net::connect(at("192.0.2.1:80"));
  EXPECT_EQ(here.network.connects("192.0.2.1:80"), 2U);
}

ASYNC_TEST(fake_network, refuses_the_next_connects_as_told) {
  inside here;
  listener l{at("0.0.0.0:80")};
  here.network.refuse_next("192.0.2.7:80", 2);
  for (int i = 0; i != 2; ++i) {
    const auto error = co_await error_of(net::connect(at("192.0.2.7:80")));
    EXPECT_EQ(error.code(), sys::connection_refused);
  }
  co_await net::connect(at("192.0.2.7:80"));
}

ASYNC_TEST(fake_network, resets_every_connection) {
  inside here;
  listener l{at("0.0.0.0:80")};
  auto idle = co_await net::connect(at("192.0.2.7:80"));
  auto server = co_await l.accept();
  auto reading = co_await net::connect(at("192.0.2.7:80"));
  auto other = co_await l.accept();
  EXPECT_EQ(here.network.open_connections(), 2U);
  co_await server.write("under way");
  auto waiting = spawn([&]() -> awaitable<void> { static_cast<void>(co_await read_once(reading)); });
  co_await settle();
  here.network.reset_connections();
  EXPECT_EQ(here.network.open_connections(), 0U);
  const auto waited = co_await as_result(waiting);
  EXPECT_EQ(waited.error(), sys::connection_reset);
  const auto later = co_await error_of(read_once(idle));
  EXPECT_EQ(later.code(), sys::connection_reset);
  const auto at_server = co_await error_of(server.write("x"));
  EXPECT_EQ(at_server.code(), sys::connection_reset);
  co_await net::connect(at("192.0.2.7:80"));  // new ones work
}

ASYNC_TEST(fake_network, lets_the_test_prepare_each_connection) {
  inside here;
  std::vector<std::string> seen;
  here.network.on_connection([&](fake_connection& c) {
    seen.push_back(std::to_string(c.number) + " to " + c.to.to_string());
    if (c.number == 1) c.client.reading.reset_at(3);
    if (c.number == 2) c.server.writing.end_at(2);
  });
  listener l{at("0.0.0.0:80")};
  std::vector<std::string> got;
  for (int i = 0; i != 3; ++i) {
    auto client = co_await net::connect(at("192.0.2.7:80"));
    auto server = co_await l.accept();
    co_await server.write("hello");
    co_await server.close();
    const auto text = co_await as_result(read_all(client));
    got.push_back(text ? *text : text.error().message());
  }
  EXPECT_THAT(got, ElementsAre("hello", "Connection reset by peer", "he"));
  EXPECT_THAT(seen, ElementsAre("0 to 192.0.2.7:80", "1 to 192.0.2.7:80", "2 to 192.0.2.7:80"));
}

ASYNC_TEST(fake_network, has_unix_domain_sockets) {
  inside here;
  const auto path = net::endpoint::unix_path("/run/app.sock");
  const auto name = net::endpoint::unix_abstract("app");
  const auto missing = co_await error_of(net::connect(path));
  EXPECT_EQ(missing.code(), sys::no_such_file_or_directory);
  const auto refused = co_await error_of(net::connect(name));
  EXPECT_EQ(refused.code(), sys::connection_refused);

  listener l{path};
  listener abstract{name};
  EXPECT_THROW(listener{path}, system_error);
  EXPECT_EQ(l.local_endpoint(), path);
  auto client = co_await net::connect(path);
  auto server = co_await l.accept();
  EXPECT_EQ(client.remote_endpoint(), path);
  EXPECT_EQ(server.remote_endpoint(), net::endpoint::unix_unnamed());
  co_await client.write("x");
  const auto x = co_await test::read_exactly(server, 1);
  EXPECT_EQ(x, "x");
  EXPECT_EQ(here.network.connects("unix:/run/app.sock"), 2U);
  l.close();
  const auto gone = co_await error_of(net::connect(path));
  EXPECT_EQ(gone.code(), sys::no_such_file_or_directory);
}

// Nobody who listens on every address gets what is for a path.
ASYNC_TEST(fake_network, a_wildcard_does_not_cover_unix_domain_sockets) {
  inside here;
  listener all{at("0.0.0.0:0")};
  const auto path = net::endpoint::unix_path("/run/app.sock");
  const auto missing = co_await error_of(net::connect(path));
  EXPECT_EQ(missing.code(), sys::no_such_file_or_directory);
  here.network.black_hole("0.0.0.0");
  const auto still = co_await error_of(net::connect(path));
  EXPECT_EQ(still.code(), sys::no_such_file_or_directory);
}

ASYNC_TEST(fake_network, a_connection_holds_as_much_as_told) {
  const fake_network_options options{.capacity = 4};
  inside here{options};
  listener l{at("0.0.0.0:80")};
  auto client = co_await net::connect(at("192.0.2.7:80"));
  auto server = co_await l.accept();
  EXPECT_EQ(client.try_write(std::as_bytes(std::span("0123456789"))), 4U);
}

ASYNC_TEST(fake_network, names_what_is_no_address) {
  fake_network network;
  const std::function<void()> mistakes[] = {[&] { network.black_hole("example.org"); },
                                            [&] { network.refuse_next("192.0.2.7", 1); },
                                            [&] { network.add_host("x", {"192.0.2"}); }};
  const std::string named[] = {"example.org", "192.0.2.7", "192.0.2"};
  for (std::size_t i = 0; i != std::size(mistakes); ++i) {
    try {
      mistakes[i]();
      ADD_FAILURE() << named[i];
    } catch (const system_error& e) {
      EXPECT_EQ(e.code(), net::errc::invalid_address);
      EXPECT_THAT(e.what(), HasSubstr(named[i]));
    }
  }
  co_return;
}

TEST(fake_network, may_be_cancelled_anywhere) {
  std::optional<fake_network> network;
  const auto body = [&]() -> awaitable<void> {
    network.emplace(fake_network_options{.lookup_delay = 1s, .connect_delay = 1s});
    const auto scope = network->use();
    listener l{at("0.0.0.0:80")};
    auto client = co_await net::connect("localhost", 80);
    auto server = co_await l.accept();
    co_await client.write("x");
    co_await read_once(server);
  };
  const auto nothing_open = [&]() -> awaitable<void> {
    EXPECT_EQ(network ? network->open_connections() : 0U, 0U);
    co_return;
  };
  EXPECT_GT(cancel_at_every_await(body, nothing_open), 6U);
  EXPECT_GT(shut_down_at_every_await(body, [&] { EXPECT_EQ(network->open_connections(), 0U); }), 6U);
}

ASYNC_TEST(fake_network, is_the_same_network_when_copied_and_outlives_its_handles) {
  std::optional<fake_network> network{std::in_place};
  auto copy = *network;
  const auto scope = network->use();
  network.reset();
  listener l{at("0.0.0.0:80")};
  co_await net::connect(at("192.0.2.7:80"));
  EXPECT_EQ(copy.connects(), 1U);
}

}  // namespace bight::testing::fake_network_test
