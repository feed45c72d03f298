// A call on a TLS connection is cancelled by a request that is encrypted, too. A proxy between client and
// server sees how each connection begins.
#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/supervised_group.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/stream.hpp>
#include <bight/pg/codec.hpp>
#include <bight/pg/connection.hpp>
#include <bight/testing/async_test.hpp>
#include <bight/testing_pg/pg_cluster.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/certificates.hpp"
#include "support/pg_failures.hpp"

namespace bight::pg::cancel_tls_test {

using namespace std::chrono_literals;
using test::certificates;
using test::code_of;

// Forwards connections, and keeps what their clients send first.
class proxy {
 public:
  explicit proxy(std::uint16_t server)
      : listener_(net::endpoint{net::ip_address::loopback(), 0}), server_(server) {
    serving_ = spawn([this] { return run(); });
  }
  proxy(const proxy&) = delete;
  proxy& operator=(const proxy&) = delete;
  std::uint16_t port() const { return listener_.local_endpoint().port(); }
  awaitable<void> end() {
    serving_.cancel();
    co_await serving_.wait();
  }
  std::vector<std::string> sent;

 private:
  awaitable<void> run() {
    co_await supervised_group::run([&](supervised_group& group) -> awaitable<void> {
      while (true) {
        auto s = std::make_shared<net::stream>(co_await listener_.accept());
        group.spawn([this, s] { return serve(*s); });
      }
    });
  }
  awaitable<void> serve(net::stream& client) {
    auto server = co_await net::connect(net::endpoint{net::ip_address::loopback(), server_});
    const auto number = sent.size();
    sent.emplace_back();
    co_await gather(pump(client, server, static_cast<int>(number)), pump(server, client, -1));
  }
  awaitable<void> pump(net::stream& from, net::stream& to, int number) {
    std::byte buffer[4096];
    while (true) {
      std::size_t n = 0;
      try {
        n = co_await from.read_some(buffer);
        if (n != 0) co_await to.write(std::span{buffer, n});
      } catch (const boost::system::system_error&) { n = 0; }
      if (n == 0) break;
      if (number < 0) continue;
      constexpr std::size_t enough = 9;
      auto& kept = sent[static_cast<std::size_t>(number)];
      for (std::size_t i = 0; i != n && kept.size() < enough; ++i) kept += static_cast<char>(buffer[i]);
    }
    to.abort();
  }

  net::listener listener_;
  std::uint16_t server_;
  task<void> serving_;
};

class pg_cancel_tls : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = testing::pg_cluster::missing(); !why.empty()) GTEST_SKIP() << why;
    if (!certificates::available()) GTEST_SKIP() << "openssl is not installed";
  }
};

ASYNC_TEST_F(pg_cancel_tls, the_cancel_request_is_encrypted_and_leaves_the_connection_usable) {
  const auto good = certificates::instance().good();
  testing::pg_cluster_options secure;
  secure.tls_certificate = good.file;
  secure.tls_key = good.key;
  testing::pg_cluster server{secure};
  proxy between{server.port()};
  auto o = server.tcp_options();
  o.hosts = {{"localhost", between.port()}};
  o.hosts[0].address = "127.0.0.1";
  o.ssl_mode = ssl_mode::verify_full;
  o.ssl_root_cert = certificates::instance().authority();
  auto db = co_await connect(o);
  const auto began = clock::now();
  const auto code = co_await code_of(wait_for(db.execute("select pg_sleep(20)"), 50ms));
  EXPECT_EQ(code, make_error_code(bight::errc::timed_out));
  const auto still = co_await db.fetch_value<int>("select 3");
  EXPECT_EQ(still, 3);
  EXPECT_LT(clock::now() - began, 4s);  // not by cancel_timeout
  EXPECT_TRUE(db.is_open());
  // Both ask for TLS, and then begin a handshake.
  const std::string tls{"\0\0\0\x08\x04\xd2\x16\x2f\x16", 9};
  EXPECT_EQ(between.sent, (std::vector<std::string>{tls, tls}));
  co_await db.close();
  co_await between.end();
}

}  // namespace bight::pg::cancel_tls_test
