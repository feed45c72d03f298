// connect through several addresses: who is tried when, who wins, and what the policy keeps out.
#include <bight/net/connect.hpp>

#include <bight/core/as_result.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/error.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/net/network.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing/fake_network.hpp>
#include <boost/system/errc.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/sockets.hpp"
#include "support/sweep.hpp"

namespace bight::net::connect_race_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using test::error_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace sys = boost::system::errc;

ip_address address(std::string_view text) { return ip_address::parse(text).value(); }

/// Each address answers after a time of its own, or never.
class timed_network final : public network {
 public:
  awaitable<std::vector<ip_address>> resolve(std::string) override {
    co_await sleep(lookup);
    co_return addresses;
  }
  awaitable<stream> connect(endpoint where) override {
    tried.push_back(where.address().to_string() + " at " + std::to_string((clock::now() - began) / 1ms));
    const auto delay = latency.at(where.address().to_string());
    ++waiting;
    struct leaving {
      int& n;
      ~leaving() { --n; }
    } const at_end{waiting};
    co_await sleep(std::chrono::abs(delay));
    if (delay < 0ms) throw system_error(make_error_code(sys::connection_refused), where.to_string());
    memory_pipe_options options;
    options.second = options.first = endpoint{};
    options.second = where;
    auto [mine, other] = memory_pipe(options);
    peers.push_back(std::move(other));
    co_return std::move(mine);
  }
  std::unique_ptr<listener_backend> listen(const endpoint& where, const listen_options&) override {
    throw system_error(make_error_code(errc::invalid_address), where.to_string());
  }

  void host(std::string_view where, std::chrono::nanoseconds delay) {
    addresses.push_back(address(where));
    latency[std::string{where}] = delay;
  }

  std::vector<ip_address> addresses;
  std::map<std::string, std::chrono::nanoseconds> latency;  // negative: refused after that
  std::vector<std::string> tried;
  std::vector<stream> peers;
  std::chrono::milliseconds lookup{0};
  clock::time_point began{};  // virtual time begins at zero
  int waiting = 0;
};

class connect_race : public ::testing::Test {
 public:
  std::shared_ptr<timed_network> network = std::make_shared<timed_network>();
};

ASYNC_TEST_F(connect_race, a_slow_address_does_not_hold_up_the_next_one) {
  const network_scope inside{network};
  network->host("2001:db8::1", 1h);
  network->host("192.0.2.1", 30ms);
  const auto start = clock::now();
  connect_trace trace;
  connect_options options;
  options.trace = &trace;
  options.attempt_timeout = 10s;
  auto s = co_await connect("example.org", 80, options);
  EXPECT_EQ(s.remote_endpoint().address(), address("192.0.2.1"));
  EXPECT_EQ(clock::now() - start, 280ms);
  EXPECT_THAT(network->tried, ElementsAre("2001:db8::1 at 0", "192.0.2.1 at 250"));
  EXPECT_EQ(network->waiting, 0) << "the loser was not cancelled";
  CO_ASSERT_EQ(trace.attempts.size(), 2U);
  EXPECT_EQ(trace.attempts[0].error, sys::operation_canceled);
  EXPECT_EQ(trace.attempts[0].end - start, 280ms);
  EXPECT_FALSE(trace.attempts[1].error);
  EXPECT_EQ(trace.attempts[1].start - start, 250ms);
}

ASYNC_TEST_F(connect_race, the_first_attempt_may_win_after_the_second_has_begun) {
  const network_scope inside{network};
  network->host("2001:db8::1", 300ms);
  network->host("192.0.2.1", 1h);
  auto s = co_await connect("example.org", 80);
  EXPECT_EQ(s.remote_endpoint().address(), address("2001:db8::1"));
  EXPECT_EQ(network->tried.size(), 2U);
  EXPECT_EQ(network->waiting, 0);
}

ASYNC_TEST_F(connect_race, a_failure_starts_the_next_attempt_at_once) {
  const network_scope inside{network};
  network->host("2001:db8::1", -10ms);
  network->host("192.0.2.1", -10ms);
  network->host("2001:db8::2", 1h);
  network->host("192.0.2.2", 5ms);
  auto s = co_await connect("example.org", 80);
  EXPECT_EQ(s.remote_endpoint().address(), address("192.0.2.2"));
  EXPECT_THAT(network->tried,
              ElementsAre("2001:db8::1 at 0", "192.0.2.1 at 10", "2001:db8::2 at 20", "192.0.2.2 at 270"));
}

ASYNC_TEST_F(connect_race, a_late_failure_of_an_earlier_attempt_starts_the_next_one_too) {
  const network_scope inside{network};
  network->host("2001:db8::1", -300ms);
  network->host("192.0.2.1", 1h);
  network->host("2001:db8::2", 5ms);
  auto s = co_await connect("example.org", 80);
  EXPECT_THAT(network->tried, ElementsAre("2001:db8::1 at 0", "192.0.2.1 at 250", "2001:db8::2 at 300"));
  EXPECT_EQ(network->waiting, 0);
}

ASYNC_TEST_F(connect_race, two_that_connect_in_one_turn_leave_one_connection) {
  const network_scope inside{network};
  network->host("2001:db8::1", 260ms);
  network->host("192.0.2.1", 10ms);
  auto s = co_await connect("example.org", 80);
  CO_ASSERT_EQ(network->peers.size(), 2U);
  co_await s.write("x");
  std::size_t alive = 0;
  for (auto& p : network->peers) {
    const auto got = co_await as_result(test::read_once(p));
    alive += got && *got == "x" ? 1U : 0U;
  }
  EXPECT_EQ(alive, 1U);
}

ASYNC_TEST_F(connect_race, names_every_address_when_all_fail) {
  const network_scope inside{network};
  network->host("2001:db8::1", -10ms);
  network->host("192.0.2.1", 1h);
  connect_options options;
  options.attempt_timeout = 2s;
  const auto start = clock::now();
  const auto error = co_await error_of(connect("example.org", 80, options));
  EXPECT_EQ(error.code(), sys::connection_refused);
  EXPECT_THAT(error.what(), HasSubstr("example.org:80"));
  EXPECT_THAT(error.what(), HasSubstr("2001:db8::1: Connection refused"));
  EXPECT_THAT(error.what(), HasSubstr("192.0.2.1: timed out"));
  EXPECT_EQ(clock::now() - start, 2010ms);
}

ASYNC_TEST_F(connect_race, the_family_that_won_goes_first_the_next_time) {
  const network_scope inside{network};
  network->host("2001:db8::1", 1h);
  network->host("192.0.2.1", 1ms);
  resolver names;
  co_await connect(names, "example.org", 80);
  network->tried.clear();
  network->began = clock::now();
  co_await connect(names, "EXAMPLE.org", 443);
  EXPECT_THAT(network->tried, ElementsAre("192.0.2.1 at 0"));
  co_await sleep(10min);
  network->tried.clear();
  network->began = clock::now();
  co_await connect(names, "example.org", 80);
  EXPECT_THAT(network->tried, ElementsAre("2001:db8::1 at 0", "192.0.2.1 at 250"));
}

ASYNC_TEST_F(connect_race, remembers_no_more_hosts_than_the_resolver_caches_names) {
  const network_scope inside{network};
  network->host("2001:db8::1", 1h);
  network->host("192.0.2.1", 1ms);
  resolver_options few;
  few.max_entries = 2;
  resolver names{few};
  for (const auto* host : {"a", "b", "c", "d"}) co_await connect(names, host, 80);
  network->tried.clear();
  for (const auto* host : {"a", "b", "c", "d"}) co_await connect(names, host, 80);
  EXPECT_GE(network->tried.size(), 6U);  // at least two of the four were forgotten
}

ASYNC_TEST_F(connect_race, cancelled_it_leaves_no_attempt_behind) {
  const network_scope inside{network};
  network->host("2001:db8::1", 1h);
  network->host("192.0.2.1", 1h);
  auto connecting = spawn([]() -> awaitable<void> { auto s = co_await connect("example.org", 80); });
  co_await sleep(1s);
  EXPECT_EQ(network->waiting, 2);
  connecting.cancel();
  co_await connecting.wait();
  EXPECT_TRUE(connecting.cancelled());
  EXPECT_EQ(network->waiting, 0);
}

ASYNC_TEST_F(connect_race, the_lookup_has_a_limit_of_its_own) {
  const network_scope inside{network};
  network->host("192.0.2.1", 1ms);
  network->lookup = 1min;
  connect_trace trace;
  connect_options options;
  options.lookup_timeout = 3s;
  options.trace = &trace;
  const auto start = clock::now();
  const auto error = co_await error_of(connect("example.org", 80, options));
  EXPECT_EQ(error.code(), bight::errc::timed_out);
  EXPECT_THAT(error.what(), HasSubstr("name lookup of example.org"));
  EXPECT_EQ(clock::now() - start, 3s);
  EXPECT_EQ(trace.lookup_start, start);
  EXPECT_TRUE(trace.attempts.empty());
}

ASYNC_TEST_F(connect_race, static_addresses_may_be_for_one_port) {
  const network_scope inside{network};
  network->host("192.0.2.1", 1ms);
  network->latency["192.0.2.80"] = 1ms;
  network->latency["192.0.2.99"] = 1ms;
  resolver names;
  names.set_static("Example.org", 80, {address("192.0.2.80")});
  names.set_static("example.org", {address("192.0.2.99")});
  auto eighty = co_await connect(names, "example.ORG", 80);
  EXPECT_EQ(eighty.remote_endpoint(), endpoint(address("192.0.2.80"), 80));
  auto other = co_await connect(names, "example.org", 81);
  EXPECT_EQ(other.remote_endpoint(), endpoint(address("192.0.2.99"), 81));
  auto unknown = co_await connect(names, "www.example.org", 80);
  EXPECT_EQ(unknown.remote_endpoint(), endpoint(address("192.0.2.1"), 80));
}

// SSRF: the address that is checked is the one that is connected to.
ASYNC_TEST_F(connect_race, public_only_skips_addresses_that_are_not_public) {
  const network_scope inside{network};
  network->host("10.0.0.1", 1ms);
  network->host("::1", 1ms);
  network->host("93.184.216.34", 1ms);
  connect_options options;
  options.policy = public_only;
  connect_trace trace;
  options.trace = &trace;
  auto s = co_await connect("example.org", 80, options);
  EXPECT_EQ(s.remote_endpoint().address(), address("93.184.216.34"));
  EXPECT_THAT(network->tried, ElementsAre("93.184.216.34 at 0"));
  CO_ASSERT_EQ(trace.attempts.size(), 3U);
  EXPECT_EQ(trace.attempts[0].error, errc::address_not_allowed);
}

ASYNC_TEST_F(connect_race, public_only_without_a_public_address_is_an_error_of_its_own) {
  const network_scope inside{network};
  network->host("169.254.169.254", 1ms);
  network->host("fd00::1", 1ms);
  connect_options options;
  options.policy = public_only;
  const auto error = co_await error_of(connect("metadata.test", 80, options));
  EXPECT_EQ(error.code(), errc::address_not_allowed);
  EXPECT_THAT(error.what(), HasSubstr("metadata.test:80"));
  EXPECT_THAT(error.what(), HasSubstr("169.254.169.254: address is not allowed"));
  const auto literal = co_await error_of(connect("127.0.0.1", 80, options));
  EXPECT_EQ(literal.code(), errc::address_not_allowed);
  const auto mapped = co_await error_of(connect("::ffff:127.0.0.1", 80, options));
  EXPECT_EQ(mapped.code(), errc::address_not_allowed);
  EXPECT_TRUE(network->tried.empty());
}

ASYNC_TEST_F(connect_race, a_policy_of_ones_own_may_look_at_the_port) {
  const network_scope inside{network};
  network->host("192.0.2.1", 1ms);
  connect_options options;
  std::vector<std::string> asked;
  options.policy = [&](const endpoint& where) {
    asked.push_back(where.to_string());
    return where.port() == 443;
  };
  const auto error = co_await error_of(connect("example.org", 25, options));
  EXPECT_EQ(error.code(), errc::address_not_allowed);
  auto s = co_await connect("example.org", 443, options);
  EXPECT_THAT(asked, ElementsAre("192.0.2.1:25", "192.0.2.1:443"));
}

/// Gives a public address the first time and a private one from then on.
class rebinding_network final : public network {
 public:
  awaitable<std::vector<ip_address>> resolve(std::string) override {
    std::vector<ip_address> answer;
    answer.push_back(address(lookups++ == 0 ? "93.184.216.34" : "127.0.0.1"));
    co_return answer;
  }
  awaitable<stream> connect(endpoint where) override {
    connected.push_back(where.address().to_string());
    auto [mine, other] = memory_pipe();
    peer = std::move(other);
    co_return std::move(mine);
  }
  std::unique_ptr<listener_backend> listen(const endpoint& where, const listen_options&) override {
    throw system_error(make_error_code(errc::invalid_address), where.to_string());
  }
  int lookups = 0;
  std::vector<std::string> connected;
  stream peer;
};

// DNS rebinding.
ASYNC_TEST(connect_names, the_address_that_was_checked_is_the_one_that_is_connected_to) {
  const auto n = std::make_shared<rebinding_network>();
  const network_scope inside{n};
  connect_options options;
  options.policy = public_only;
  resolver_options uncached;
  uncached.max_entries = 0;
  resolver names{uncached};
  auto s = co_await connect(names, "rebind.test", 80, options);
  EXPECT_EQ(n->lookups, 1);
  EXPECT_THAT(n->connected, ElementsAre("93.184.216.34"));
  const auto later = co_await error_of(connect(names, "rebind.test", 80, options));
  EXPECT_EQ(later.code(), errc::address_not_allowed);
}

struct sweep_state {
  std::shared_ptr<timed_network> network;
  void begin() {
    network = std::make_shared<timed_network>();
    network->host("2001:db8::1", 260ms);
    network->host("192.0.2.1", -1ms);
    network->host("2001:db8::2", 1h);
    network->host("192.0.2.2", 10ms);
  }
};

awaitable<void> connect_once(sweep_state& s) {
  const network_scope inside{s.network};
  connect_trace trace;
  connect_options options;
  options.trace = &trace;
  auto made = co_await connect("example.org", 80, options);
  EXPECT_TRUE(made.valid());
  EXPECT_GE(trace.attempts.size(), 2U);
}

TEST(connect_names, a_race_may_be_cancelled_and_shut_down_at_every_await) {
  test::sweep<sweep_state>(connect_once, [](sweep_state& s) { EXPECT_EQ(s.network->waiting, 0); });
}

ASYNC_TEST(connect_names, labels_of_more_than_63_characters_are_refused) {
  resolver names;
  const auto label = co_await error_of(names.resolve(std::string(64, 'a') + ".example"));
  EXPECT_EQ(label.code(), errc::invalid_host_name);
  std::string name;
  for (int i = 0; i != 5; ++i) name.append(std::string(60, 'a')).append(".");
  const auto whole = co_await error_of(names.resolve(name));
  EXPECT_EQ(whole.code(), errc::invalid_host_name);
}

// race and gather drop what a listener accepted in the turn in which another one won; it keeps it.
ASYNC_TEST(connect_names, a_fake_listener_keeps_what_a_cancelled_accept_was_given) {
  testing::fake_network fake;
  const auto inside = fake.use();
  listener l{endpoint::parse("192.0.2.7:80").value()};
  auto accepting = spawn([&]() -> awaitable<void> { auto s = co_await l.accept(); });
  co_await yield();
  auto client = co_await connect(endpoint::parse("192.0.2.7:80").value());
  accepting.cancel();
  co_await accepting.wait();
  EXPECT_TRUE(accepting.cancelled());
  auto server = co_await wait_for(l.accept(), 1s);
  EXPECT_EQ(server.remote_endpoint(), client.local_endpoint());
}

}  // namespace bight::net::connect_race_test
