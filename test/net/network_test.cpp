// What connect, listener and resolver ask when a task has a network of its own.
#include <bight/net/network.hpp>

#include <bight/core/as_result.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/run.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/error.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/net/resolver.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/errc.hpp>
#include <memory>
#include <string>
#include <vector>

#include "support/sockets.hpp"

namespace bight::net::network_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using test::error_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace sys = boost::system::errc;

ip_address four(std::uint8_t last) { return ip_address{ip_address::v4_bytes{192, 0, 2, last}}; }
ip_address six(std::uint8_t last) {
  ip_address::v6_bytes b{0x20, 0x01, 0x0d, 0xb8};
  b.back() = last;
  return ip_address{b};
}

// Accepts nobody.
class quiet_listener final : public listener_backend {
 public:
  explicit quiet_listener(const endpoint& where) : where_(where) {}
  awaitable<stream> accept() override {
    throw system_error(make_error_code(errc::stream_closed), "quiet");
    co_return stream{};
  }
  endpoint local_endpoint() const override { return where_; }
  void close() noexcept override { where_ = {}; }

 private:
  endpoint where_;
};

// Notes what it is asked.
class noting_network final : public network {
 public:
  awaitable<std::vector<ip_address>> resolve(std::string host) override {
    asked.push_back("resolve " + host);
    co_await sleep(latency);
    if (host == "broken") throw system_error(make_error_code(errc::resolver_failed), host);
    co_return addresses;
  }
  awaitable<stream> connect(endpoint where) override {
    asked.push_back("connect " + where.to_string());
    if (where.address() == slow) co_await sleep(forever);
    if (where.address() != good) throw system_error(make_error_code(sys::connection_refused), "no");
    auto [mine, other] = memory_pipe();
    peers.push_back(std::move(other));
    co_return std::move(mine);
  }
  std::unique_ptr<listener_backend> listen(const endpoint& where, const listen_options& options) override {
    asked.push_back("listen " + where.to_string() + " " + std::to_string(options.backlog));
    return std::make_unique<quiet_listener>(where);
  }

  std::vector<std::string> asked;
  std::vector<ip_address> addresses;
  std::vector<stream> peers;
  std::chrono::milliseconds latency{0};
  ip_address good = four(1);
  ip_address slow = four(9);
};

ASYNC_TEST(network, is_the_operating_system_by_default) {
  EXPECT_EQ(current_network(), nullptr);
  auto [client, server] = co_await test::tcp_pair();
  EXPECT_GE(client.native_handle(), 0);
}

TEST(network, outside_of_a_task_there_is_none) {
  EXPECT_EQ(current_network(), nullptr);
  EXPECT_THROW(const network_scope scope{std::make_shared<noting_network>()}, system_error);
}

ASYNC_TEST(network, of_a_scope_is_asked_by_connect_and_listener) {
  const auto n = std::make_shared<noting_network>();
  const network_scope inside{n};
  EXPECT_EQ(current_network(), n);
  auto s = co_await connect(endpoint(four(1), 80));
  EXPECT_EQ(s.native_handle(), -1);
  const listen_options options{.backlog = 7};
  listener l{endpoint(four(2), 443), options};
  EXPECT_EQ(l.local_endpoint(), endpoint(four(2), 443));
  const auto error = co_await error_of(l.accept());
  EXPECT_EQ(error.code(), errc::stream_closed);
  l.close();
  EXPECT_EQ(l.local_endpoint(), endpoint{});
  EXPECT_THAT(n->asked, ElementsAre("connect 192.0.2.1:80", "listen 192.0.2.2:443 7"));
}

ASYNC_TEST(network, is_the_former_one_after_the_scope) {
  const auto n = std::make_shared<noting_network>();
  {
    const network_scope inside{n};
    {
      const network_scope real{nullptr};
      EXPECT_EQ(current_network(), nullptr);
    }
    EXPECT_EQ(current_network(), n);
  }
  EXPECT_EQ(current_network(), nullptr);
  co_return;
}

ASYNC_TEST(network, is_inherited_by_tasks_that_are_spawned_inside) {
  const auto n = std::make_shared<noting_network>();
  const auto which = []() -> awaitable<std::shared_ptr<network>> {
    co_await yield();
    co_return current_network();
  };
  auto outside = spawn(which);
  task<std::shared_ptr<network>> inside;
  {
    const network_scope scope{n};
    inside = spawn(which);
  }
  const auto of_outside = co_await outside;
  const auto of_inside = co_await inside;
  EXPECT_EQ(of_outside, nullptr);
  EXPECT_EQ(of_inside, n);  // although the scope is gone
}

ASYNC_TEST(network, lives_as_long_as_a_connect_that_asks_it) {
  std::weak_ptr<network> watched;
  task<stream> connecting;
  {
    const auto n = std::make_shared<noting_network>();
    watched = n;
    const network_scope inside{n};
    connecting = spawn([]() -> awaitable<stream> { return connect(endpoint(four(9), 80)); });
    co_await yield();
  }
  EXPECT_FALSE(watched.expired());
  connecting.cancel();
  co_await connecting.wait();
  EXPECT_TRUE(connecting.cancelled());
}

ASYNC_TEST(network, answers_go_through_the_cache_of_the_resolver) {
  const auto n = std::make_shared<noting_network>();
  n->addresses = {four(1), four(2), six(1)};
  n->latency = 3ms;
  const network_scope inside{n};
  resolver names;
  const auto start = clock::now();
  auto [a, b] = co_await gather(names.resolve("Example.org"), names.resolve("example.ORG"));
  EXPECT_EQ(clock::now() - start, 3ms);
  EXPECT_THAT(a, ElementsAre(four(1), six(1), four(2)));  // interleaved by family
  EXPECT_EQ(a, b);
  co_await names.resolve("example.org");
  EXPECT_THAT(n->asked, ElementsAre("resolve example.org"));
  co_await sleep(60s);
  co_await names.resolve("example.org");
  EXPECT_EQ(n->asked.size(), 2U);
  const auto literal = co_await names.resolve("192.0.2.77");
  EXPECT_THAT(literal, ElementsAre(four(77)));
  EXPECT_EQ(n->asked.size(), 2U);
}

ASYNC_TEST(network, failed_look_ups_have_its_code_and_the_name) {
  const auto n = std::make_shared<noting_network>();
  const network_scope inside{n};
  resolver names;
  const auto failed = co_await error_of(names.resolve("broken"));
  EXPECT_EQ(failed.code(), errc::resolver_failed);
  EXPECT_THAT(failed.what(), HasSubstr("broken"));
  co_await error_of(names.resolve("broken"));
  EXPECT_EQ(n->asked.size(), 1U);  // remembered
  const auto none = co_await error_of(names.resolve("empty"));
  EXPECT_EQ(none.code(), errc::host_not_found);
}

ASYNC_TEST(network, connect_by_name_tries_its_addresses_in_turn) {
  const auto n = std::make_shared<noting_network>();
  n->addresses = {four(9), six(2), four(1)};
  const network_scope inside{n};
  connect_options options;
  options.attempt_timeout = 2s;
  const auto start = clock::now();
  auto s = co_await connect("example.org", 80, options);
  EXPECT_TRUE(s.valid());
  EXPECT_EQ(clock::now() - start, 250ms);  // the first one never answers, the second one refuses
  EXPECT_THAT(n->asked, ElementsAre("resolve example.org", "connect 192.0.2.9:80", "connect [2001:db8::2]:80",
                                    "connect 192.0.2.1:80"));
}

}  // namespace bight::net::network_test
