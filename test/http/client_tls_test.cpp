// What a client keeps of connections with TLS. The server is OpenSSL itself.
#include <bight/http/client.hpp>

#include <bight/core/event.hpp>
#include <bight/core/task.hpp>
#include <bight/net/listener.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/http_peer.hpp"
#include "support/tls_peer.hpp"

namespace bight::http::client_tls_test {

using net::tls_test::server;
using test::certificates;
using test::ok;

/// Answers every request of every connection, and does `afterwards` when it is told that the answer was read.
class tls_server {
 public:
  using step = awaitable<void> (*)(server&);

  explicit tls_server(step afterwards) : afterwards_(afterwards), accepting_(spawn(accept_all, this)) {}
  tls_server(const tls_server&) = delete;
  tls_server& operator=(const tls_server&) = delete;
  ~tls_server() {
    accepting_.cancel();
    for (auto& t : serving_) t.cancel();
  }

  std::string url() const {
    return "https://localhost:" + std::to_string(listener_.local_endpoint().port()) + "/";
  }
  std::size_t accepted() const noexcept { return serving_.size(); }
  /// Lets the connection that answered last do what it does afterwards.
  awaitable<void> go_on() {
    done_.clear();
    go_.set();
    co_await done_.wait();
  }

 private:
  static awaitable<void> accept_all(tls_server* self) {
    while (true) {
      auto plain = co_await self->listener_.accept();
      self->serving_.push_back(spawn(serve, self, std::move(plain)));
    }
  }
  static awaitable<void> serve(tls_server* self, net::stream plain) {
    server peer{std::move(plain), certificates::instance().good()};
    try {
      co_await peer.accept();
      std::string request = co_await peer.read();
      while (!request.empty()) {
        co_await peer.write(ok("answer"));
        co_await self->go_.wait();
        self->go_.clear();
        co_await self->afterwards_(peer);
        self->done_.set();
        request = co_await peer.read();
      }
    } catch (const boost::system::system_error&) {  // the client has gone
    }
  }

  step afterwards_;
  event go_;
  event done_;
  net::listener listener_{net::endpoint(net::ip_address::loopback(), 0)};
  std::vector<task<void>> serving_;
  task<void> accepting_;
};

class client_tls : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
};

client trusting() {
  client_options options;
  options.tls = net::tls_client_context::from_ca_file(certificates::instance().authority());
  return client{options};
}

awaitable<void> fetch_three_times(client c, tls_server& from) {
  for (int i = 0; i != 3; ++i) {
    auto r = co_await c.get(from.url());
    const auto text = co_await r.text();
    EXPECT_EQ(text, "answer");
    co_await from.go_on();
  }
}

awaitable<void> send_tickets(server& peer) {
  co_await peer.write_ticket();
  co_await peer.write_ticket();
}
awaitable<void> send_poison(server& peer) { co_await peer.write(ok("poison")); }
awaitable<void> say_goodbye(server& peer) { co_await peer.say_goodbye(); }

ASYNC_TEST_F(client_tls, tickets_behind_a_response_do_not_cost_the_connection) {
  tls_server from{send_tickets};
  co_await fetch_three_times(trusting(), from);
  EXPECT_EQ(from.accepted(), 1U);
}

ASYNC_TEST_F(client_tls, unasked_data_behind_a_response_costs_the_connection) {
  tls_server from{send_poison};
  co_await fetch_three_times(trusting(), from);
  EXPECT_EQ(from.accepted(), 3U);
}

ASYNC_TEST_F(client_tls, a_goodbye_behind_a_response_costs_the_connection) {
  tls_server from{say_goodbye};
  co_await fetch_three_times(trusting(), from);
  EXPECT_EQ(from.accepted(), 3U);
}

}  // namespace bight::http::client_tls_test
