// What docs/from-asyncio.md shows of streams.
#include <bight/net.hpp>

#include <array>
#include <bight/core.hpp>
#include <bight/testing.hpp>
#include <chrono>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/certificates.hpp"
#include "support/program.hpp"
#include "support/sockets.hpp"

namespace net_guide {
namespace guide_test {

namespace net = bight::net;

using namespace std::chrono_literals;
using bight::test::certificates;

std::ostringstream out;

// What was printed since the last call.
std::string printed() { return std::exchange(out, std::ostringstream{}).str(); }

// ---- clients -------------------------------------------------------------------------------------

bight::awaitable<void> ask_for_a_page() {
  auto s = co_await net::connect("example.org", 80);
  net::reader in{s};
  co_await s.write("GET / HTTP/1.0\r\nHost: example.org\r\n\r\n");
  const auto status = co_await in.read_line();
  out << status.value_or("nothing") << '\n';
  co_await s.close();
}

bight::awaitable<void> read_a_message(net::stream& s) {
  net::reader in{s};
  const auto length = co_await in.read_until(":");
  const auto message = co_await in.read_exactly(std::stoul(length));
  const auto rest = co_await bight::read_all(in);
  out << message << ", then " << rest << '\n';
}

bight::awaitable<void> send_both(net::stream& s, const std::string& head, const std::string& body) {
  const std::array pieces{std::as_bytes(std::span{head}), std::as_bytes(std::span{body})};
  co_await s.write(pieces);  // one system call, no copy
}

ASYNC_TEST(net_guide, asks_for_a_page) {
  bight::testing::fake_network network;
  const auto inside = network.use();
  network.add_host("example.org", {"192.0.2.7"});
  net::listener listener{net::endpoint::parse("192.0.2.7:80").value()};
  auto answer = [&]() -> bight::awaitable<void> {
    auto s = co_await listener.accept();
    net::reader in{s};
    const auto request = co_await in.read_until("\r\n\r\n");
    EXPECT_EQ(request, "GET / HTTP/1.0\r\nHost: example.org\r\n\r\n");
    co_await s.write("HTTP/1.0 200 OK\r\n\r\n");
    co_await s.close();
  };
  co_await bight::gather(ask_for_a_page(), answer());
  EXPECT_EQ(printed(), "HTTP/1.0 200 OK\n");
}

ASYNC_TEST(net_guide, reads_a_message) {
  auto [near, far] = net::memory_pipe();
  co_await send_both(near, "5:hello", "goodbye");
  co_await near.shutdown_write();
  co_await read_a_message(far);
  EXPECT_EQ(printed(), "hello, then goodbye\n");
}

// ---- servers -------------------------------------------------------------------------------------

bight::awaitable<void> echo(net::stream client) {
  net::reader in{client};
  auto line = co_await in.read_line();
  while (line) {
    co_await client.write(*line + '\n');
    line = co_await in.read_line();
  }
  co_await client.close();
}

bight::awaitable<void> serve_echo() {
  net::server server{echo};
  net::listener listener{net::endpoint{net::ip_address::loopback(), 8888}};
  out << "serving on " << listener.local_endpoint().to_string() << '\n';
  co_await server.serve(std::move(listener));
}

bight::awaitable<void> serve_for_a_minute(net::listener listener) {
  net::server server{echo};
  auto serving = bight::spawn([&] { return server.serve(std::move(listener)); });
  co_await bight::sleep(1min);
  out << server.connections() << " connections\n";
  server.stop(10s);  // accepts no more; cancels the remaining handlers after ten seconds
  co_await serving;
}

ASYNC_TEST(net_guide, serves_echo) {
  const bight::testing::fake_network network;
  const auto inside = network.use();
  auto serving = bight::spawn(serve_echo);
  co_await bight::testing::settle();
  auto s = co_await net::connect("localhost", 8888);
  co_await s.write("hello\n");
  const auto answer = co_await bight::test::read_exactly(s, 6);
  EXPECT_EQ(answer, "hello\n");
  serving.cancel();
  co_await serving.wait();
  EXPECT_EQ(printed(), "serving on 127.0.0.1:8888\n");
}

ASYNC_TEST(net_guide, serves_for_a_minute) {
  const bight::testing::fake_network network;
  const auto inside = network.use();
  const auto where = net::endpoint::parse("192.0.2.7:80").value();
  net::listener listener{where};
  auto serving = bight::spawn(serve_for_a_minute, std::move(listener));
  auto s = co_await net::connect(where);
  const auto start = bight::clock::now();
  co_await serving;
  EXPECT_EQ(bight::clock::now() - start, 70s);
  EXPECT_EQ(printed(), "1 connections\n");
}

// ---- Unix domain sockets -------------------------------------------------------------------------

bight::awaitable<void> serve_on(std::string path) {
  net::server server{echo};
  const net::listen_options options{.unix_permissions = 0660};
  net::listener listener{net::endpoint::unix_path(path), options};
  co_await server.serve(std::move(listener));  // removes the socket file at the end
}

bight::awaitable<void> ask_on(std::string path) {
  auto s = co_await net::connect(net::endpoint::unix_path(path));
  net::reader in{s};
  co_await s.write("hello\n");
  const auto answer = co_await in.read_line();
  out << answer.value_or("nothing") << '\n';
}

ASYNC_TEST(net_guide, serves_on_a_path) {
  const bight::test::scratch_folder folder;
  const auto path = folder.file("echo.sock");
  auto serving = bight::spawn(serve_on, path);
  co_await bight::testing::settle();
  co_await ask_on(path);
  EXPECT_EQ(printed(), "hello\n");
  serving.cancel();
  co_await serving.wait();
  EXPECT_TRUE(folder.names().empty());
}

// ---- TLS -----------------------------------------------------------------------------------------

bight::awaitable<void> serve_securely(net::listener listener, std::string chain, std::string key) {
  net::server_options options;
  options.tls = net::tls_server_context{net::tls_server_options{chain, key}};
  net::server server{echo, options};
  co_await server.serve(std::move(listener));
}

bight::awaitable<void> ask_securely(net::endpoint where, net::tls_client_context trust) {
  auto plain = co_await net::connect(where);
  auto s = co_await net::tls_connect(std::move(plain), "localhost", trust);
  const auto info = s.connection();
  out << info.tls_version << ", " << info.certificate->subject << '\n';
  co_await s.close();
}

ASYNC_TEST(net_guide, serves_securely) {
  if (!certificates::available()) co_return;
  const auto identity = certificates::instance().good();
  net::listener listener{net::endpoint{net::ip_address::loopback(), 0}};
  const auto where = listener.local_endpoint();
  auto serving = bight::spawn(serve_securely, std::move(listener), identity.file, identity.key);
  co_await ask_securely(where, net::tls_client_context::from_ca_file(certificates::instance().authority()));
  EXPECT_EQ(printed(), "TLSv1.3, CN=localhost\n");
  serving.cancel();
  co_await serving.wait();
}

}  // namespace guide_test
}  // namespace net_guide
