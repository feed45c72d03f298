// Client and server over a network in memory: names, time-outs of hours, hosts that die.
#include <bight/http/client.hpp>

#include <bight/core/as_result.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/http/error.hpp>
#include <bight/http/server.hpp>
#include <bight/net/error.hpp>
#include <bight/net/listener.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <bight/testing/steps.hpp>
#include <bight/testing/virtual_clock.hpp>
#include <boost/system/errc.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "support/sockets.hpp"

namespace bight::http::client_network_test {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
namespace sys = boost::system::errc;

awaitable<server_response> answer(server_request& request) {
  const std::string path{request.path()};
  if (path == "/never") co_await sleep(forever);
  if (path == "/slow") co_await sleep(30min);
  const auto body = co_await request.text();
  co_return server_response{200, path + body};
}

// A server on an address of the network.
class site {
 public:
  explicit site(std::string_view where) : server_(std::make_shared<server>(answer)) {
    serving_ = spawn(serve, server_, net::listener(net::endpoint::parse(where).value()));
  }
  site(const site&) = delete;
  site& operator=(const site&) = delete;
  ~site() { serving_.cancel(); }
  http::server& server_object() noexcept { return *server_; }

 private:
  static awaitable<void> serve(std::shared_ptr<server> s, net::listener l) {
    co_await s->serve(std::move(l));
  }
  std::shared_ptr<server> server_;
  task<void> serving_;
};

awaitable<std::string> get_text(client& c, std::string where) {
  auto r = co_await c.get(where);
  co_return co_await r.text();
}

ASYNC_TEST(client_network, gets_from_a_server_by_name_without_a_descriptor) {
  const auto descriptors = test::open_descriptors();
  testing::fake_network network;
  const auto inside = network.use();
  network.add_host("example.org", {"192.0.2.7"});
  const site s{"192.0.2.7:80"};
  client c;
  const auto text = co_await get_text(c, "http://example.org/hello");
  EXPECT_EQ(text, "/hello");
  const auto again = co_await get_text(c, "http://example.org/again");
  EXPECT_EQ(again, "/again");
  EXPECT_EQ(network.lookups("example.org"), 1U);
  EXPECT_EQ(network.connects("192.0.2.7:80"), 1U);
  EXPECT_EQ(test::open_descriptors(), descriptors);
}

ASYNC_TEST(client_network, a_time_limit_of_an_hour_passes_in_no_time) {
  const auto real = std::chrono::steady_clock::now();
  testing::fake_network network;
  const auto inside = network.use();
  network.add_host("example.org", {"192.0.2.7"});
  const site s{"192.0.2.7:80"};
  client_options options;
  options.timeouts.first_byte = options.timeouts.total = 1h;
  client c{options};
  const auto start = clock::now();
  const auto slow = co_await get_text(c, "http://example.org/slow");
  EXPECT_EQ(slow, "/slow");
  EXPECT_EQ(clock::now() - start, 30min);
  const auto never = co_await as_result(get_text(c, "http://example.org/never"));
  EXPECT_EQ(never.error(), bight::errc::timed_out);
  EXPECT_EQ(clock::now() - start, 90min);
  EXPECT_LT(std::chrono::steady_clock::now() - real, 10s);
}

ASYNC_TEST(client_network, names_that_fail_say_so_with_the_url) {
  testing::fake_network network;
  const auto inside = network.use();
  network.fail_lookup("down.example", make_error_code(net::errc::resolver_failed));
  client c;
  const auto unknown = co_await test::error_of(get_text(c, "http://unknown.example/"));
  EXPECT_EQ(unknown.code(), net::errc::host_not_found);
  EXPECT_THAT(unknown.what(), HasSubstr("http://unknown.example/"));
  const auto down = co_await as_result(get_text(c, "http://down.example/"));
  EXPECT_EQ(down.error(), net::errc::resolver_failed);
  const auto refused = co_await as_result(get_text(c, "http://localhost/"));
  EXPECT_EQ(refused.error(), sys::connection_refused);
}

ASYNC_TEST(client_network, the_next_address_is_tried_when_one_is_dead) {
  testing::fake_network network;
  const auto inside = network.use();
  network.add_host("example.org", {"192.0.2.1", "192.0.2.2", "192.0.2.3"});
  network.unreachable("192.0.2.1");
  const site s{"192.0.2.3:80"};
  client c;
  const auto text = co_await get_text(c, "http://example.org/x");
  EXPECT_EQ(text, "/x");
  EXPECT_EQ(network.connects(), 3U);
}

ASYNC_TEST(client_network, a_black_hole_ends_at_the_limit_of_connecting) {
  testing::fake_network network;
  const auto inside = network.use();
  network.black_hole("192.0.2.1");
  client c;
  const auto start = clock::now();
  const auto lost = co_await as_result(get_text(c, "http://192.0.2.1/"));
  EXPECT_EQ(lost.error(), bight::errc::timed_out);
  EXPECT_EQ(clock::now() - start, client_timeouts{}.connect);
  EXPECT_EQ(c.connections(), 0U);
}

ASYNC_TEST(client_network, after_a_partition_kept_connections_are_replaced) {
  testing::fake_network network;
  const auto inside = network.use();
  site s{"0.0.0.0:80"};
  client c;
  co_await gather(get_text(c, "http://192.0.2.1/a"), get_text(c, "http://192.0.2.2/b"));
  EXPECT_EQ(c.idle_connections(), 2U);
  EXPECT_EQ(network.open_connections(), 2U);
  network.reset_connections();
  co_await testing::settle();
  EXPECT_EQ(s.server_object().connections(), 0U);
  const auto text = co_await get_text(c, "http://192.0.2.1/a");
  EXPECT_EQ(text, "/a");
  EXPECT_EQ(network.connects("192.0.2.1:80"), 2U);
}

ASYNC_TEST(client_network, idle_connections_are_closed_after_their_time_and_not_before) {
  testing::fake_network network;
  const auto inside = network.use();
  const site s{"0.0.0.0:80"};
  client c;
  co_await get_text(c, "http://192.0.2.1/a");
  const testing::manual_clock hold;
  co_await testing::advance(3999ms);
  EXPECT_EQ(c.idle_connections(), 1U);
  co_await testing::advance(1ms);
  EXPECT_EQ(c.idle_connections(), 0U);
  EXPECT_EQ(network.open_connections(), 0U);
}

// Whichever step fails, the request has an end, and nothing stays behind.
TEST(client_network, every_step_of_an_exchange_may_fail) {
  std::size_t answered = 0;
  std::size_t failed = 0;
  std::optional<testing::fake_network> network;
  const auto body = [&]() -> awaitable<void> {
    network.emplace();
    const auto inside = network->use();
    network->add_host("example.org", {"192.0.2.7", "2001:db8::7"});
    const site s{"[::]:80"};
    client c;
    for (const auto* const path : {"http://example.org/one", "http://example.org/two"}) {
      const auto text = co_await as_result(get_text(c, path));
      ++(text ? answered : failed);
    }
    c.close_idle();
  };
  const auto nothing_left = [&]() -> awaitable<void> {
    co_await testing::settle();
    EXPECT_EQ(network->open_connections(), 0U);
  };
  const auto steps = testing::fail_at_every_step(body, nothing_left);
  EXPECT_GT(steps, 8U);
  EXPECT_EQ(answered + failed, 2 * (steps + 2));
  EXPECT_GT(answered, failed);
}

}  // namespace bight::http::client_network_test
