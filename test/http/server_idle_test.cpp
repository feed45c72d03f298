// What idle connections cost a server in a process of its own, and what ends them.
#include <bight/http/server.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <bight/core/map_concurrent.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/tls.hpp>
#include <bight/testing/async_test.hpp>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "support/certificates.hpp"
#include "support/child_process.hpp"
#include "support/http_peer.hpp"

namespace bight::http::server_idle_test {

using namespace std::chrono_literals;
using test::peer;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// As many as there are descriptors for.
std::size_t descriptors(std::size_t wanted) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  constexpr std::size_t others = 100;
  return files.rlim_max > wanted + others ? wanted : static_cast<std::size_t>(files.rlim_max) / 2;
}

class idle_server {
 public:
  explicit idle_server(const std::vector<std::string>& arguments) : program_(arguments) {
    where_ = net::endpoint::parse(program_.wait_for_line("ready ")).value();
  }

  awaitable<peer> connect(bool tls) {
    auto s = co_await net::connect(where_);
    if (!tls) co_return peer{std::move(s)};
    auto trusted = net::tls_client_context::from_ca_file(test::certificates::instance().authority());
    auto secure = co_await net::tls_connect(std::move(s), "localhost", std::move(trusted));
    co_return peer{std::move(secure)};
  }
  static awaitable<std::string> ask(peer& p, std::string path) {
    co_await p.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto answer = co_await p.read_message();
    EXPECT_EQ(answer.status(), 200);
    co_return answer.body;
  }
  // The server's memory per connection, in bytes, of so many that have had an answer and are idle.
  awaitable<std::size_t> memory_of(std::size_t count, bool tls) {
    auto watcher = co_await connect(tls);
    co_await ask(watcher, "/");
    const auto before = co_await ask(watcher, "/memory");
    std::vector<int> numbers(count);
    constexpr std::size_t at_once = 64;
    const auto open = [&](int) -> awaitable<peer> {
      auto p = co_await connect(tls);
      const auto text = co_await ask(p, "/");
      EXPECT_EQ(text, "0");
      co_return p;
    };
    auto idle = co_await map_concurrent(numbers, at_once, open);
    const auto after = co_await ask(watcher, "/memory");
    // They still work.
    for (std::size_t i = 0; i < idle.size(); i += 500) {
      const auto text = co_await ask(idle[i], "/");
      EXPECT_EQ(text, "0");
    }
    co_return (std::stoul(after) - std::min(std::stoul(before), std::stoul(after))) * 1024 / count;
  }

 private:
  test::child_process program_;
  net::endpoint where_;
};

ASYNC_TEST(server_idle, ten_thousand_connections_take_little_memory_each) {
  idle_server server{{BIGHT_PROGRAM_SERVER_ON_LOOPS, "1", "127.0.0.1:0"}};
  const auto count = descriptors(sanitized ? 500 : 10'000);
  const auto bytes = co_await server.memory_of(count, false);
  std::cout << count << " idle connections: " << bytes << " bytes each\n";
  constexpr std::size_t most = 4608;
  EXPECT_TRUE(sanitized || bytes < most) << bytes;
}

class server_idle_tls : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::certificates::available()) GTEST_SKIP() << "the openssl program is not installed";
  }
};

ASYNC_TEST_F(server_idle_tls, connections_take_little_memory_each) {
  const auto identity = test::certificates::instance().good();
  idle_server server{
      {BIGHT_PROGRAM_SERVER_ON_LOOPS, "1", "127.0.0.1:0", "tls=" + identity.file + "," + identity.key}};
  const auto count = descriptors(sanitized ? 100 : 1'000);
  const auto bytes = co_await server.memory_of(count, true);
  std::cout << count << " idle TLS connections: " << bytes << " bytes each\n";
  constexpr std::size_t most = 30 * 1024;
  EXPECT_TRUE(sanitized || bytes < most) << bytes;
}

}  // namespace bight::http::server_idle_test
