// Beast's streams over streams in memory, TCP and TLS.
#include <bight/http/beast.hpp>

#include <bight/core/as_result.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/net/tls.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <optional>
#include <string>
#include <utility>

#include "support/certificates.hpp"
#include "support/ends.hpp"

namespace bight::http::beast_stream_test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using namespace std::chrono_literals;
using test::certificates;
using string_request = beast::http::request<beast::http::string_body>;
using string_response = beast::http::response<beast::http::string_body>;

enum class kind { memory, small_memory, tcp, tls };

std::string name_of(const ::testing::TestParamInfo<kind>& info) {
  switch (info.param) {
    case kind::memory:
      return "memory";
    case kind::small_memory:
      return "small_memory";
    case kind::tcp:
      return "tcp";
    case kind::tls:
      return "tls";
  }
  return "?";
}

struct both_ends {
  net::stream client;
  net::stream server;
};

awaitable<void> connect_both(both_ends& ends, kind how) {
  if (how == kind::memory || how == kind::small_memory) {
    net::memory_pipe_options pipe;
    if (how == kind::small_memory) pipe.capacity = 7;
    auto made = net::memory_pipe(pipe);
    ends.client = std::move(made.first);
    ends.server = std::move(made.second);
    co_return;
  }
  net::listener listener{net::endpoint{net::ip_address::loopback(), 0}};
  auto [client, server] = co_await gather(net::connect(listener.local_endpoint()), listener.accept());
  ends.client = std::move(client);
  ends.server = std::move(server);
  if (how == kind::tcp) co_return;
  const auto identity = certificates::instance().good();
  const net::tls_server_context served{net::tls_server_options{identity.file, identity.key}};
  const auto trusted = net::tls_client_context::from_ca_file(certificates::instance().authority());
  auto [secure_client, secure_server] =
      co_await gather(net::tls_connect(std::move(ends.client), "localhost", trusted),
                      net::tls_accept(std::move(ends.server), served));
  ends.client = std::move(secure_client);
  ends.server = std::move(secure_server);
}

class beast_streams : public ::testing::TestWithParam<kind> {
 protected:
  void SetUp() override {
    if (GetParam() == kind::tls && !certificates::available())
      GTEST_SKIP() << "the openssl program is not installed";
  }
};
INSTANTIATE_TEST_SUITE_P(over, beast_streams,
                         ::testing::Values(kind::memory, kind::small_memory, kind::tcp, kind::tls), name_of);

// One request, whose body comes back.
awaitable<void> answer_one(net::stream s) {
  beast_stream stream{std::move(s)};
  beast::flat_buffer buffer;
  string_request request;
  co_await beast::http::async_read(stream, buffer, request, asio::deferred);
  string_response response{beast::http::status::ok, request.version()};
  response.body() = request.body();
  response.prepare_payload();
  co_await beast::http::async_write(stream, response, asio::deferred);
  auto rest = stream.release();
  co_await rest.close();
}

ASYNC_TEST_P(beast_streams, carry_http_messages) {
  both_ends ends;
  co_await connect_both(ends, param);
  auto serving = spawn(answer_one, std::move(ends.server));
  beast_stream stream{std::move(ends.client)};
  string_request request{beast::http::verb::post, "/", 11};
  request.set(beast::http::field::host, "localhost");
  request.body() = std::string(100'000, 'x') + "end";
  request.prepare_payload();
  co_await beast::http::async_write(stream, request, asio::deferred);
  beast::flat_buffer buffer;
  string_response response;
  co_await beast::http::async_read(stream, buffer, response, asio::deferred);
  EXPECT_EQ(response.result_int(), 200U);
  EXPECT_EQ(response.body(), request.body());
  const auto [error, size] =
      co_await beast::http::async_read(stream, buffer, response, asio::as_tuple(asio::deferred));
  EXPECT_EQ(error, beast::http::error::end_of_stream);
  EXPECT_EQ(size, 0U);
  co_await serving;
}

// Echoes messages until the peer closes.
awaitable<void> echo_messages(net::stream s) {
  websocket::stream<beast_stream> socket{std::move(s)};
  co_await socket.async_accept(asio::deferred);
  while (true) {
    beast::flat_buffer buffer;
    const auto [error, size] = co_await socket.async_read(buffer, asio::as_tuple(asio::deferred));
    if (error) {
      EXPECT_EQ(error, websocket::error::closed);
      EXPECT_EQ(size, 0U);
      break;
    }
    socket.text(socket.got_text());
    co_await socket.async_write(buffer.data(), asio::deferred);
  }
}

ASYNC_TEST_P(beast_streams, carry_websockets_that_the_client_closes) {
  both_ends ends;
  co_await connect_both(ends, param);
  auto serving = spawn(echo_messages, std::move(ends.server));
  websocket::stream<beast_stream> socket{std::move(ends.client)};
  co_await socket.async_handshake("localhost", "/", asio::deferred);
  for (const std::size_t size : {0U, 1U, 125U, 70'000U}) {
    const std::string message(size, 'm');
    co_await socket.async_write(asio::buffer(message), asio::deferred);
    beast::flat_buffer buffer;
    co_await socket.async_read(buffer, asio::deferred);
    EXPECT_EQ(beast::buffers_to_string(buffer.data()), message);
  }
  co_await socket.async_close(websocket::close_code::normal, asio::deferred);
  co_await serving;
  EXPECT_FALSE(socket.is_open());
}

ASYNC_TEST_P(beast_streams, carry_websockets_that_the_server_closes) {
  both_ends ends;
  co_await connect_both(ends, param);
  auto serving = spawn([s = std::move(ends.server)]() mutable -> awaitable<void> {
    websocket::stream<beast_stream> socket{std::move(s)};
    co_await socket.async_accept(asio::deferred);
    co_await socket.async_close(websocket::close_code::going_away, asio::deferred);
  });
  websocket::stream<beast_stream> socket{std::move(ends.client)};
  co_await socket.async_handshake("localhost", "/", asio::deferred);
  beast::flat_buffer buffer;
  const auto [error, size] = co_await socket.async_read(buffer, asio::as_tuple(asio::deferred));
  EXPECT_EQ(error, websocket::error::closed);
  EXPECT_EQ(size, 0U);
  EXPECT_EQ(socket.reason().code, websocket::close_code::going_away);
  co_await serving;
}

ASYNC_TEST(beast_stream, a_cancelled_read_has_consumed_nothing) {
  auto [client, server] = net::memory_pipe();
  beast_stream stream{std::move(client)};
  std::array<char, 8> bytes{};
  auto reading = spawn([&]() -> awaitable<std::size_t> {
    co_return co_await stream.async_read_some(asio::buffer(bytes), asio::deferred);
  });
  co_await sleep(1ms);
  reading.cancel();
  co_await reading.wait();
  EXPECT_TRUE(reading.cancelled());
  co_await server.write("later");
  const std::size_t n = co_await stream.async_read_some(asio::buffer(bytes), asio::deferred);
  EXPECT_EQ((std::string_view{bytes.data(), n}), "later");
}

ASYNC_TEST(beast_stream, a_timeout_ends_a_websocket_read) {
  auto [client, server] = net::memory_pipe();
  websocket::stream<beast_stream> silent{std::move(server)};
  auto accepting = spawn([&]() -> awaitable<void> { co_await silent.async_accept(asio::deferred); });
  websocket::stream<beast_stream> socket{std::move(client)};
  co_await socket.async_handshake("localhost", "/", asio::deferred);
  co_await accepting;
  beast::flat_buffer buffer;
  const auto late = co_await as_result(wait_for(socket.async_read(buffer, asio::deferred), 10ms));
  CO_ASSERT_TRUE(late.has_error());
  EXPECT_EQ(late.error(), bight::errc::timed_out);
}

ASYNC_TEST(beast_stream, operations_of_a_destroyed_stream_are_aborted) {
  auto [client, server] = net::memory_pipe();
  std::optional<beast_stream> stream;
  stream.emplace(std::move(client));
  std::array<char, 8> bytes{};
  auto reading = spawn([&]() -> awaitable<boost::system::error_code> {
    const auto [error, size] =
        co_await stream->async_read_some(asio::buffer(bytes), asio::as_tuple(asio::deferred));
    co_return size == 0 ? error : boost::system::error_code{};
  });
  co_await sleep(1ms);
  stream.reset();
  const auto error = co_await std::move(reading);
  EXPECT_EQ(error, asio::error::operation_aborted);
}

ASYNC_TEST(beast_stream, a_signal_emitted_before_the_operation_began_aborts_it) {
  auto [client, server] = net::memory_pipe();
  beast_stream stream{std::move(client)};
  std::array<char, 8> bytes{};
  std::optional<boost::system::error_code> ended;
  asio::cancellation_signal stop;
  auto done = [&](boost::system::error_code error, std::size_t) { ended = error; };
  stream.async_read_some(asio::buffer(bytes), asio::bind_cancellation_slot(stop.slot(), done));
  stop.emit(asio::cancellation_type::terminal);
  EXPECT_FALSE(ended) << "never within the call";
  co_await sleep(1ms);
  CO_ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(*ended, asio::error::operation_aborted);
}

ASYNC_TEST(beast_stream, completes_empty_operations_and_reports_errors_by_code) {
  auto [client, server] = net::memory_pipe();
  beast_stream stream{std::move(client)};
  const asio::mutable_buffer no_room;
  const std::size_t none = co_await stream.async_read_some(no_room, asio::deferred);
  EXPECT_EQ(none, 0U);
  const asio::const_buffer no_bytes;
  const std::size_t nothing = co_await stream.async_write_some(no_bytes, asio::deferred);
  EXPECT_EQ(nothing, 0U);
  server.abort();
  const std::string text = "x";
  const auto [error, sent] =
      co_await asio::async_write(stream, asio::buffer(text), asio::as_tuple(asio::deferred));
  EXPECT_TRUE(error);
  EXPECT_EQ(sent, 0U);
  std::array<char, 1> byte{};
  const auto closed = co_await as_result(stream.async_read_some(asio::buffer(byte), asio::deferred));
  EXPECT_TRUE(closed.has_error());
}

ASYNC_TEST(beast_stream, a_waiting_write_can_be_cancelled) {
  net::memory_pipe_options pipe;
  pipe.capacity = 4;
  auto [client, server] = net::memory_pipe(pipe);
  beast_stream stream{std::move(client)};
  const std::string text(100, 'x');
  const auto late =
      co_await as_result(wait_for(asio::async_write(stream, asio::buffer(text), asio::deferred), 5ms));
  CO_ASSERT_TRUE(late.has_error());
  EXPECT_EQ(late.error(), bight::errc::timed_out);
}

// What is in flight when a loop ends goes with it: cancelled by run, or not resumed at all.
awaitable<void> leave_a_handshake_behind() {
  auto ends = net::memory_pipe();
  auto hanging = spawn([own = std::move(ends)]() mutable -> awaitable<void> {
    websocket::stream<beast_stream> socket{std::move(own.first)};
    co_await socket.async_handshake("localhost", "/", asio::deferred);
  });
  co_await sleep(1ms);
  EXPECT_FALSE(hanging.done());
  hanging.detach();
}

TEST(beast_stream, a_loop_may_end_with_operations_in_flight) {
  bight::run(leave_a_handshake_behind);
  bight::loop l;
  const auto left = l.spawn(leave_a_handshake_behind);
  l.run_until(left);
}

}  // namespace bight::http::beast_stream_test
