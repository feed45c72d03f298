// WebSockets with the programs of others, over real sockets: npm's ws, Node's own WebSocket, Python's
// websockets and aiohttp, Boost.Beast, Chromium, and nginx between.
#include <bight/http/websocket.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <bight/asio.hpp>
#include <bight/core/as_result.hpp>
#include <bight/core/event.hpp>
#include <bight/core/run.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/core/to_thread.hpp>
#include <bight/http/client.hpp>
#include <bight/http/error.hpp>
#include <bight/http/server.hpp>
#include <bight/http/websocket_builder.hpp>
#include <bight/http/websocket_error.hpp>
#include <bight/http/websocket_response.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/browser.hpp"
#include "support/child_process.hpp"
#include "support/http_served.hpp"
#include "support/nginx.hpp"
#include "support/peers.hpp"
#include "support/program.hpp"

namespace bight::http::websocket_peers_test {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string scripts = BIGHT_SOURCE_DIR "/test/support/websocket/";

// Echoes; "close 4000 why" closes.
awaitable<void> peer_session(websocket& socket) {
  auto message = co_await socket.receive();
  while (message) {
    const std::string_view text = message->data;
    if (message->is_text() && text.starts_with("close ")) {
      const auto code = static_cast<std::uint16_t>(std::stoi(std::string{text.substr(6, 4)}));
      co_await socket.close(code, text.substr(11));
      co_return;
    }
    co_await socket.send(*message);
    message = co_await socket.receive();
  }
}

handler echo_handler(bool deflate) {
  websocket_server_options options;
  options.subprotocols = {"v1"};
  if (deflate) {
    options.deflate.emplace();
    options.deflate->min_size = 1;
  }
  return [options](server_request& request) -> awaitable<server_response> {
    co_return websocket_response(request, peer_session, options);
  };
}

// What every echo server must manage.
awaitable<void> exchange_with(std::string url, bool deflate) {
  client c;
  websocket_options options;
  if (deflate) {
    options.deflate.emplace();
    options.deflate->min_size = 1;
  }
  auto socket = co_await c.websocket(url).subprotocol("v0").subprotocol("v1").options(options);
  EXPECT_EQ(socket.subprotocol(), "v1");
  EXPECT_EQ(socket.compresses(), deflate);
  std::string repeated;
  for (int i = 0; i != 100000; ++i) repeated += std::to_string(i % 977);
  const std::vector<std::string> texts{"",
                                       "hello",
                                       "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80",
                                       std::string(125, 'a'),
                                       std::string(126, 'b'),
                                       std::string(65535, 'c'),
                                       std::string(65536, 'd'),
                                       repeated};
  for (const auto& text : texts) {
    auto sending = spawn([&] { return socket.send(text); });
    const auto echo = co_await socket.receive();
    EXPECT_TRUE(echo && echo->is_text() && echo->data == text) << text.size();
    co_await sending;
  }
  std::string bytes(100000, '\0');
  for (std::size_t i = 0; i != bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7919);
  auto sending = spawn([&] { return socket.send(std::as_bytes(std::span{bytes})); });
  const auto echo = co_await socket.receive();
  EXPECT_TRUE(echo && echo->is_binary() && echo->data == bytes);
  co_await sending;
  const auto took = co_await socket.ping();
  EXPECT_LT(took, 10s);
  co_await socket.send("close 4321 enough");
  const auto end = co_await as_result([&]() -> awaitable<void> { co_await socket.receive(); }());
  EXPECT_EQ(end.error(), make_error_code(errc::websocket_closed));
  EXPECT_EQ(socket.close_code(), 4321);
  EXPECT_EQ(socket.close_reason(), "enough");
  auto second = co_await c.websocket(url).subprotocol("v1").options(options);
  co_await second.close(1000, "bye");
  EXPECT_EQ(second.close_code(), 1000);
}

// Runs a client of others against our server, and returns what it prints.
awaitable<std::string> client_of_others(std::vector<std::string> command, bool deflate,
                                        std::string path = "/") {
  test::running server{echo_handler(deflate)};
  command.push_back("ws://" + server.where().to_string() + path);
  if (deflate) command.push_back("deflate");
  auto work = [command] {
    const auto done = test::run(command);
    return done.out + done.err;
  };
  co_return co_await to_thread(std::move(work));
}

void with_server_of_others(const std::vector<std::string>& command, bool deflate, std::uint16_t port) {
  auto arguments = command;
  arguments.push_back(std::to_string(port));
  if (deflate) arguments.push_back("deflate");
  test::child_process process{arguments};
  process.wait_for_port(port);
  bight::run(exchange_with, "ws://127.0.0.1:" + std::to_string(port) + "/", deflate);
}

std::uint16_t free_port() {
  net::listener probe{net::endpoint{net::ip_address::loopback(), 0}};
  return probe.local_endpoint().port();
}

struct node_ws {
  static std::string missing() {
    if (const auto node = test::missing_program("node"); !node.empty()) return node;
    if (std::filesystem::exists(BIGHT_SOURCE_DIR "/test/npm/node_modules/ws")) return {};
    return "the npm package ws is not installed: npm ci --prefix test/npm";
  }
};
struct node {
  static std::string missing() { return test::missing_program("node"); }
};
template <const char* Module, const char* Package>
struct python_module {
  static std::string python() {
    static const auto found = test::python_with({Module});
    return found;
  }
  static std::string missing() {
    if (!python().empty()) return {};
    return std::string{Package} + " is not installed: sh cmake/install_deps.sh peers";
  }
};
constexpr char websockets_name[] = "websockets";
constexpr char websockets_package[] = "python3-websockets";
constexpr char aiohttp_name[] = "aiohttp";
constexpr char aiohttp_package[] = "python3-aiohttp";
using python_websockets = python_module<websockets_name, websockets_package>;
using python_aiohttp = python_module<aiohttp_name, aiohttp_package>;

class websocket_npm_ws : public test::with_peers<node_ws> {};
class websocket_node : public test::with_peers<node> {};
class websocket_python_websockets : public test::with_peers<python_websockets> {};
class websocket_python_aiohttp : public test::with_peers<python_aiohttp> {};
class websocket_nginx : public test::with_peers<test::nginx> {};

template <class F>
void on_real_loop(F f) {
  bight::run(std::move(f));
}

std::uint16_t port_for_test() {
  std::uint16_t port = 0;
  on_real_loop([&]() -> awaitable<void> {
    port = free_port();
    co_return;
  });
  return port;
}

TEST_F(websocket_npm_ws, as_the_server) {
  for (const bool deflate : {false, true})
    with_server_of_others({test::find_program("node"), scripts + "ws_server.mjs"}, deflate, port_for_test());
}
TEST_F(websocket_npm_ws, as_the_client) {
  for (const bool deflate : {false, true}) {
    const auto said = bight::run(
        client_of_others,
        std::vector<std::string>{test::find_program("node"), scripts + "js_client.mjs", "ws"}, deflate, "/");
    EXPECT_EQ(said, "ok 6 4321 enough true\n");
  }
}

TEST_F(websocket_node, its_own_client) {
  for (const bool deflate : {false, true}) {
    const auto said =
        bight::run(client_of_others,
                   std::vector<std::string>{test::find_program("node"), "--experimental-websocket",
                                            "--no-warnings", scripts + "js_client.mjs", "node"},
                   deflate, "/");
    if (said == "none\n" || said.find("bad option") != said.npos)
      GTEST_SKIP() << "this Node has no WebSocket";
    EXPECT_EQ(said, "ok 6 4321 enough true\n");
  }
}

TEST_F(websocket_python_websockets, as_the_server) {
  for (const bool deflate : {false, true})
    with_server_of_others({python_websockets::python(), "-B", scripts + "websockets_server.py"}, deflate,
                          port_for_test());
}
TEST_F(websocket_python_websockets, as_the_client) {
  for (const bool deflate : {false, true}) {
    const auto said = bight::run(client_of_others,
                                 std::vector<std::string>{python_websockets::python(), "-B",
                                                          scripts + "python_client.py", "websockets"},
                                 deflate, "/");
    EXPECT_EQ(said, "ok 4321 enough\n");
  }
}

TEST_F(websocket_python_aiohttp, as_the_server) {
  for (const bool deflate : {false, true})
    with_server_of_others({python_aiohttp::python(), "-B", scripts + "aiohttp_server.py"}, deflate,
                          port_for_test());
}
TEST_F(websocket_python_aiohttp, as_the_client) {
  for (const bool deflate : {false, true}) {
    const auto said = bight::run(
        client_of_others,
        std::vector<std::string>{python_aiohttp::python(), "-B", scripts + "python_client.py", "aiohttp"},
        deflate, "/");
    EXPECT_EQ(said, "ok 4321 enough\n");
  }
}

// A reverse proxy between both sides, as in production.
TEST_F(websocket_nginx, as_a_reverse_proxy_between) {
  for (const bool deflate : {false, true}) {
    on_real_loop([&]() -> awaitable<void> {
      test::running server{echo_handler(deflate)};
      test::nginx_options options;
      options.server = "location / { proxy_pass " + server.url("/") +
                       "; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header "
                       "Connection upgrade; "
                       "proxy_set_header Host $http_host; }";
      const test::nginx proxy{options};
      auto work = exchange_with("ws://" + proxy.authority() + "/", deflate);
      co_await std::move(work);
    });
  }
}

// ---- a browser

// Talks to the echo server like the clients above, and posts what it finds.
constexpr const char* browser_page = R"(<!doctype html><script>
const messages = ['', 'hello', 'gr\u00fc\u00df\ud83d\ude00', 'x'.repeat(70000), 'abc '.repeat(300000)];
const bytes = new Uint8Array(100000).map((_, i) => (i * 7919) & 255);
const socket = new WebSocket('ws://' + location.host + '/echo', ['v0', 'v1']);
socket.binaryType = 'arraybuffer';
let next = 0, wrong = '';
const step = () => socket.send(next < messages.length ? messages[next] : next === messages.length ? bytes : 'close 4321 enough');
socket.onopen = step;
socket.onmessage = ({data}) => {
  const same = next < messages.length ? data === messages[next]
                                      : new Uint8Array(data).every((b, i) => b === bytes[i]) && data.byteLength === 100000;
  if (!same) wrong += ' ' + next;
  ++next;
  step();
};
socket.onclose = e => fetch('/done', {method: 'POST', body:
  `${next}${wrong} ${socket.protocol} ${socket.extensions} ${e.code} ${e.reason} ${e.wasClean}`});
</script>)";

class websocket_browser : public test::with_peers<test::browser> {};

TEST_F(websocket_browser, as_the_client) {
  for (const bool deflate : {false, true}) {
    on_real_loop([&]() -> awaitable<void> {
      event done;
      std::string said;
      auto echo = echo_handler(deflate);
      test::running server{[&](server_request& request) -> awaitable<server_response> {
        const auto path = request.path();
        if (path == "/echo") {
          auto answer = co_await echo(request);
          co_return answer;
        }
        if (path == "/done") {
          said = co_await request.text();
          done.set();
          co_return server_response{204};
        }
        server_response page{200, std::string{browser_page}};
        page.headers().set("Content-Type", "text/html");
        co_return page;
      }};
      const test::browser opened{server.url()};
      co_await wait_for(done.wait(), 50s);
      const std::string agreed =
          deflate ? "permessage-deflate; server_no_context_takeover; client_no_context_takeover" : "";
      EXPECT_EQ(said, "6 v1 " + agreed + " 4321 enough true");
    });
  }
}

// ---- Beast, on a thread of its own

namespace beast = boost::beast;
using tcp = boost::asio::ip::tcp;

beast::websocket::permessage_deflate beast_options(bool deflate) {
  beast::websocket::permessage_deflate options;
  options.client_enable = options.server_enable = deflate;
  options.msg_size_threshold = 1;
  return options;
}

TEST(websocket_beast, as_the_client) {
  for (const bool deflate : {false, true}) {
    on_real_loop([&]() -> awaitable<void> {
      test::running server{echo_handler(deflate)};
      const auto port = server.where().port();
      auto talk = [port, deflate] {
        boost::asio::io_context io;
        beast::websocket::stream<tcp::socket> socket{io};
        socket.set_option(beast_options(deflate));
        socket.next_layer().connect({boost::asio::ip::address_v4::loopback(), port});
        socket.handshake("127.0.0.1", "/");
        for (const std::size_t size : {0U, 5U, 126U, 70000U, 300000U}) {
          const std::string text(size, 'x');
          socket.write(boost::asio::buffer(text));
          beast::flat_buffer buffer;
          socket.read(buffer);
          EXPECT_TRUE(beast::buffers_to_string(buffer.data()) == text);
          EXPECT_TRUE(socket.got_text());
        }
        socket.ping("are you there?");
        boost::system::error_code ec;
        socket.close({static_cast<beast::websocket::close_code>(4000), "done"}, ec);
        EXPECT_FALSE(ec) << ec.message();
      };
      co_await to_thread(std::move(talk));
    });
  }
}

TEST(websocket_beast, as_the_server) {
  for (const bool deflate : {false, true}) {
    on_real_loop([&]() -> awaitable<void> {
      boost::asio::io_context io;
      tcp::acceptor acceptor{io, {boost::asio::ip::address_v4::loopback(), 0}};
      const auto port = acceptor.local_endpoint().port();
      auto serve = [&acceptor, deflate] {
        beast::websocket::stream<tcp::socket> socket{acceptor.accept()};
        socket.set_option(beast_options(deflate));
        socket.accept();
        boost::system::error_code ec;
        while (true) {
          beast::flat_buffer buffer;
          socket.read(buffer, ec);
          if (ec) break;
          socket.text(socket.got_text());
          socket.write(buffer.data(), ec);
        }
        EXPECT_EQ(ec, beast::websocket::error::closed);
        EXPECT_EQ(socket.reason().code, 4001);
        EXPECT_EQ(socket.reason().reason, "done");
      };
      auto serving = spawn([&]() -> awaitable<void> { co_await to_thread(std::move(serve)); });
      client c;
      websocket_options options;
      if (deflate) options.deflate.emplace();
      auto socket = co_await c.websocket("ws://127.0.0.1:" + std::to_string(port) + "/").options(options);
      EXPECT_EQ(socket.compresses(), deflate);
      const std::vector<std::size_t> sizes{0, 5, 126, 70000, 300000};
      for (const auto size : sizes) {
        const std::string text(size, 'y');
        auto sending = spawn([&] { return socket.send(text); });
        const auto echo = co_await socket.receive();
        EXPECT_TRUE(echo && echo->data == text);
        co_await sending;
      }
      co_await socket.ping();
      co_await socket.close(4001, "done");
      EXPECT_EQ(socket.close_code(), 4001);
      co_await serving;
    });
  }
}

}  // namespace bight::http::websocket_peers_test
