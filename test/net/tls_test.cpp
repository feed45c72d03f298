// tls_connect over streams in memory: verification, reading, writing, closing, and cancellation, in virtual
// time.
#include <bight/net/tls.hpp>

#include <sys/socket.h>

#include <bight/core/event.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/error.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/errc.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "support/sockets.hpp"
#include "support/tls_peer.hpp"

namespace bight::net::tls_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using test::certificates;
using test::error_of;
using test::read_all;
using test::read_once;
using tls_test::server;
namespace sys = boost::system::errc;
using ::testing::HasSubstr;

#define NEEDS_OPENSSL \
  if (!certificates::available()) GTEST_SKIP() << "the openssl program is not installed"

tls_client_context trusting() {
  return tls_client_context::from_ca_file(certificates::instance().authority());
}

/// A client and a server in one process, that have shaken hands.
class secured {
 public:
  explicit secured(std::size_t capacity = 64 * 1024) : secured(make_pipe(capacity)) {}
  awaitable<void> shake_hands() {
    auto connecting = tls_connect(std::move(plain_), "localhost", trusting());
    auto [connected, accepted] = co_await gather(std::move(connecting), peer.accept());
    client = std::move(connected);
  }
  stream client;
  server peer;

 private:
  static std::pair<stream, stream> make_pipe(std::size_t capacity) {
    const memory_pipe_options options{.capacity = capacity};
    return memory_pipe(options);
  }
  explicit secured(std::pair<stream, stream> ends)
      : peer(std::move(ends.second), certificates::instance().good()), plain_(std::move(ends.first)) {}
  stream plain_;
};

class tls : public ::testing::Test {
 protected:
  void SetUp() override { NEEDS_OPENSSL; }
};

/// TEST_F whose body is a coroutine.
#define TLS_TEST(name)                                               \
  static awaitable<void> tls_body_##name();                          \
  TEST_F(tls, name) { testing::detail::run_test(&tls_body_##name); } \
  static awaitable<void> tls_body_##name()

awaitable<void> turns(int count) {
  for (int i = 0; i != count; ++i) co_await yield();
}

TLS_TEST(carries_bytes_both_ways_and_ends_in_good_order) {
  secured both;
  co_await both.shake_hands();
  co_await both.client.write("ping");
  const auto ping = co_await both.peer.read();
  EXPECT_EQ(ping, "ping");
  co_await both.peer.write("pong");
  const auto pong = co_await read_once(both.client);
  EXPECT_EQ(pong, "pong");

  co_await both.peer.say_goodbye();
  const auto end = co_await read_once(both.client);
  EXPECT_EQ(end, "");
  const auto still_the_end = co_await read_once(both.client);
  EXPECT_EQ(still_the_end, "");

  co_await both.client.close();
  const auto end_at_peer = co_await both.peer.read();
  EXPECT_EQ(end_at_peer, "");
  EXPECT_TRUE(both.peer.engine.said_goodbye());
}

TLS_TEST(half_closed_it_goes_on_reading) {
  secured both;
  co_await both.shake_hands();
  co_await both.client.write("last words");
  co_await both.client.shutdown_write();
  co_await both.client.shutdown_write();
  const auto words = co_await both.peer.read_all();
  EXPECT_EQ(words, "last words");
  EXPECT_TRUE(both.peer.engine.said_goodbye());
  co_await both.peer.write("answer");
  const auto answer = co_await read_once(both.client);
  EXPECT_EQ(answer, "answer");
  const auto error = co_await error_of(both.client.write("more"));
  EXPECT_EQ(error.code(), errc::stream_closed);
}

TLS_TEST(five_megabytes_go_both_ways_at_once) {
  for (const std::size_t capacity : {1'000U, 64U * 1024U}) {
    secured both{capacity};
    co_await both.shake_hands();
    const auto there = test::pattern(5'000'000, 1);
    const auto back = test::pattern(5'000'000, 2);
    auto answer = [&]() -> awaitable<void> {
      co_await both.peer.write(back);
      co_await both.peer.say_goodbye();
    };
    auto [a, b, at_peer, at_client] = co_await gather(test::write_and_finish(both.client, there), answer(),
                                                      both.peer.read_all(), read_all(both.client));
    EXPECT_TRUE(at_peer == there);
    EXPECT_TRUE(at_client == back);
  }
}

TLS_TEST(two_buffers_are_written_in_order) {
  secured both;
  co_await both.shake_hands();
  const auto first = test::pattern(100'000, 1);
  const auto second = test::pattern(200'000, 2);
  auto write = [&]() -> awaitable<void> {
    const auto pieces = test::pieces(first, second);
    co_await both.client.write(pieces);
    co_await both.client.write("");
    co_await both.client.close();
  };
  auto [written, all] = co_await gather(write(), both.peer.read_all());
  EXPECT_TRUE(all == first + second);
}

awaitable<boost::system::system_error> failure_to_connect(const test::certificate& identity, std::string host,
                                                          tls_client_context context) {
  auto [near, far] = memory_pipe();
  server peer{std::move(far), identity};
  auto accept = [&]() -> awaitable<void> {
    try {
      co_await peer.accept();
    } catch (const std::exception&) {  // the client refuses: that is the point
    }
  };
  auto [error, accepted] = co_await gather(error_of(tls_connect(std::move(near), host, context)), accept());
  co_return error;
}

TLS_TEST(a_certificate_for_another_host_is_refused) {
  const auto error =
      co_await failure_to_connect(certificates::instance().other_name(), "localhost", trusting());
  EXPECT_EQ(error.code(), errc::certificate_name);
  EXPECT_THAT(error.what(), HasSubstr("localhost"));
}

TLS_TEST(a_certificate_of_nobody_in_particular_is_refused) {
  const auto error =
      co_await failure_to_connect(certificates::instance().self_signed(), "localhost", trusting());
  EXPECT_EQ(error.code(), errc::certificate_invalid);
  EXPECT_THAT(error.what(), HasSubstr("localhost"));
  EXPECT_THAT(error.what(), HasSubstr("self-signed"));
}

TLS_TEST(a_certificate_that_has_expired_is_refused) {
  const auto error = co_await failure_to_connect(certificates::instance().expired(), "localhost", trusting());
  EXPECT_EQ(error.code(), errc::certificate_invalid);
  EXPECT_THAT(error.what(), HasSubstr("expired"));
}

TLS_TEST(the_system_does_not_trust_the_authority_of_a_test) {
  const auto error =
      co_await failure_to_connect(certificates::instance().good(), "localhost", tls_client_context::system());
  EXPECT_EQ(error.code(), errc::certificate_invalid);
}

TLS_TEST(insecure_accepts_everything) {
  for (const auto& identity :
       {certificates::instance().self_signed(), certificates::instance().other_name()}) {
    auto [near, far] = memory_pipe();
    server peer{std::move(far), identity};
    auto connecting = tls_connect(std::move(near), "example.com", tls_client_context::insecure());
    auto [client, accepted] = co_await gather(std::move(connecting), peer.accept());
    co_await client.write("to whom it may concern");
    const auto text = co_await peer.read();
    EXPECT_EQ(text, "to whom it may concern");
    EXPECT_EQ(peer.engine.server_name(), "example.com");
  }
}

TLS_TEST(a_host_that_cannot_be_verified_is_refused) {
  auto [near, far] = memory_pipe();
  const auto error = co_await error_of(tls_connect(std::move(near), "", trusting()));
  EXPECT_EQ(error.code(), errc::invalid_host_name);
  const auto end = co_await read_once(far);  // the transport is closed
  EXPECT_EQ(end, "");
}

TLS_TEST(a_server_that_speaks_plain_text_is_not_tls) {
  for (const bool goes_at_once : {false, true}) {
    auto [near, far] = memory_pipe();
    auto answer = [&]() -> awaitable<void> {
      static_cast<void>(co_await read_once(far));
      co_await far.write("HTTP/1.1 400 Bad Request\r\n\r\n");
      if (goes_at_once) co_await far.close();
    };
    auto [error, answered] =
        co_await gather(error_of(tls_connect(std::move(near), "localhost", trusting())), answer());
    EXPECT_EQ(error.code(), errc::tls_handshake);
    EXPECT_THAT(error.what(), HasSubstr("localhost"));
  }
}

TLS_TEST(a_server_that_hangs_up_is_not_tls) {
  for (const bool abruptly : {false, true}) {
    auto [near, far] = memory_pipe();
    auto hang_up = [&]() -> awaitable<void> {
      static_cast<void>(co_await read_once(far));
      if (abruptly)
        far.abort();
      else
        co_await far.close();
    };
    auto [error, done] =
        co_await gather(error_of(tls_connect(std::move(near), "localhost", trusting())), hang_up());
    EXPECT_THAT(error.what(), HasSubstr("localhost"));
    EXPECT_TRUE(abruptly ? error.code() == sys::connection_reset : error.code() == errc::tls_handshake)
        << error.what();
  }
}

TLS_TEST(tls_1_1_is_refused) {
  auto [near, far] = memory_pipe();
  server peer{std::move(far), certificates::instance().good()};
  SSL_CTX_set_min_proto_version(peer.engine.context(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(peer.engine.context(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(peer.engine.context(), 0);
  auto accept = [&]() -> awaitable<void> {
    try {
      co_await peer.accept();
      ADD_FAILURE() << "the server agreed to something";
    } catch (const std::runtime_error&) {}
  };
  auto [error, accepted] = co_await gather(
      error_of(tls_connect(std::move(near), "localhost", tls_client_context::insecure())), accept());
  EXPECT_EQ(error.code(), errc::tls_handshake);
}

TLS_TEST(tls_1_2_is_good_enough) {
  secured both;
  SSL_CTX_set_max_proto_version(both.peer.engine.context(), TLS1_2_VERSION);
  co_await both.shake_hands();
  co_await both.client.write("x");
  const auto text = co_await both.peer.read();
  EXPECT_EQ(text, "x");
}

TLS_TEST(agrees_on_a_protocol) {
  for (const std::string wanted : {"h2", "http/1.1", "other"}) {
    auto [near, far] = memory_pipe();
    server peer{std::move(far), certificates::instance().good()};
    peer.engine.supported_protocol = wanted;
    const std::vector<std::string> offer{"h2", "http/1.1"};
    auto connecting = tls_connect(std::move(near), "localhost", trusting(), offer);
    auto [client, accepted] = co_await gather(std::move(connecting), peer.accept());
    EXPECT_EQ(client.protocol(), wanted == "other" ? "" : wanted);
  }
}

// What a pool asks before it uses a connection again.
TLS_TEST(tickets_that_come_late_are_nothing_to_read) {
  for (const auto make : test::every_transport) {
    auto [near, far] = co_await make();
    server peer{std::move(far), certificates::instance().good()};
    auto connecting = tls_connect(std::move(near), "localhost", trusting());
    auto [client, accepted] = co_await gather(std::move(connecting), peer.accept());
    co_await peer.write("answer");
    const auto answer = co_await read_once(client);
    EXPECT_EQ(answer, "answer");
    for (int i = 0; i != 3; ++i) co_await peer.write_ticket();
    EXPECT_FALSE(client.readable());
    EXPECT_FALSE(client.readable());

    co_await peer.write_ticket();
    co_await peer.write("more");
    EXPECT_TRUE(client.readable());
    EXPECT_TRUE(client.readable());
    const auto more = co_await read_once(client);
    EXPECT_EQ(more, "more");
    EXPECT_FALSE(client.readable());

    co_await peer.write_ticket();
    co_await peer.say_goodbye();
    EXPECT_TRUE(client.readable());
    const auto end = co_await read_once(client);
    EXPECT_EQ(end, "");
  }
}

TLS_TEST(the_end_behind_a_ticket_is_readable) {
  for (const bool reset : {false, true}) {
    secured both;
    co_await both.shake_hands();
    EXPECT_FALSE(both.client.readable());
    co_await both.peer.write_ticket();
    if (reset)
      both.peer.transport().abort();
    else
      co_await both.peer.transport().close();
    EXPECT_TRUE(both.client.readable());
  }
}

// More than a few is not what a server says between two responses.
TLS_TEST(tickets_without_end_are_not_looked_through) {
  secured both{1'000'000};
  co_await both.shake_hands();
  for (int i = 0; i != 3'000; ++i) both.peer.engine.write_ticket();
  co_await both.peer.flush();
  EXPECT_TRUE(both.client.readable());
}

TLS_TEST(a_task_that_reads_gets_what_another_one_looks_for) {
  secured both;
  co_await both.shake_hands();
  auto reading = spawn([&]() -> awaitable<std::string> { co_return co_await read_once(both.client); });
  co_await turns(5);
  co_await both.peer.write("for the reader");
  EXPECT_TRUE(both.client.readable());
  std::byte byte{};
  EXPECT_THROW(static_cast<void>(both.client.try_read({&byte, 1})), std::logic_error);
  const auto text = co_await reading;
  EXPECT_EQ(text, "for the reader");
}

TLS_TEST(try_read_decrypts) {
  secured both;
  co_await both.shake_hands();
  std::string buffer(3, '\0');
  const auto room = std::as_writable_bytes(std::span{buffer});
  EXPECT_EQ(both.client.try_read(room), std::nullopt);
  co_await both.peer.write_ticket();
  EXPECT_EQ(both.client.try_read(room), std::nullopt);
  co_await both.peer.write_ticket();
  co_await both.peer.write("secret");
  EXPECT_EQ(both.client.try_read(room), 3U);
  EXPECT_EQ(buffer, "sec");
  EXPECT_EQ(both.client.try_read(room), 3U);
  EXPECT_EQ(buffer, "ret");
  co_await both.peer.say_goodbye();
  EXPECT_EQ(both.client.try_read(room), 0U);
  EXPECT_EQ(both.client.try_read(room), 0U);
}

TLS_TEST(a_connection_that_is_cut_off_is_truncated) {
  secured both;
  co_await both.shake_hands();
  co_await both.peer.write("half of the ans");
  co_await both.peer.transport().close();  // without a goodbye
  const auto half = co_await read_once(both.client);
  EXPECT_EQ(half, "half of the ans");
  const auto error = co_await error_of(read_once(both.client));
  EXPECT_EQ(error.code(), errc::tls_truncated);
  EXPECT_THAT(error.what(), HasSubstr("localhost"));
}

TLS_TEST(a_connection_that_is_reset_says_so) {
  secured both;
  co_await both.shake_hands();
  both.peer.transport().abort();
  auto read_on = [&]() -> awaitable<std::string> { return read_all(both.client); };  // tickets first
  const auto error = co_await error_of(read_on());
  EXPECT_EQ(error.code(), sys::connection_reset);
}

TLS_TEST(close_does_not_wait_for_a_peer_that_does_not_answer) {
  secured both;
  co_await both.shake_hands();
  const auto before = clock::now();
  co_await both.client.close();
  EXPECT_EQ(clock::now(), before);
  co_await both.client.close();
  const auto reading = co_await error_of(read_once(both.client));
  EXPECT_EQ(reading.code(), errc::stream_closed);
  const auto writing = co_await error_of(both.client.write("x"));
  EXPECT_EQ(writing.code(), errc::stream_closed);
  EXPECT_TRUE(both.client.readable());
}

TLS_TEST(close_waits_a_moment_only_when_nobody_reads) {
  secured both{1'000};
  co_await both.shake_hands();
  const std::string much(100'000, 'x');
  auto writing = spawn([&]() -> awaitable<void> { co_await both.client.write(much); });
  co_await turns(5);
  CO_ASSERT_FALSE(writing.done());
  const auto before = clock::now();
  co_await both.client.close();
  EXPECT_LE(clock::now() - before, 2s);
  co_await writing.wait();
  EXPECT_THROW(writing.result(), system_error);
}

// Session tickets that nobody reads would make TCP reset the connection, and drop what is not sent yet.
TLS_TEST(close_of_a_stream_that_never_read_loses_nothing) {
  auto [near, far] = co_await test::tcp_pair();
  test::shrink_buffers(near, 150'000);
  test::shrink_buffers(far, 30'000);
  server peer{std::move(far), certificates::instance().good()};
  const int socket = near.native_handle();
  auto connecting = tls_connect(std::move(near), "localhost", trusting());
  auto [client, accepted] = co_await gather(std::move(connecting), peer.accept());
  char byte = 0;
  while (::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 1) co_await yield();  // the tickets are there
  const auto data = test::pattern(100'000);
  co_await client.write(data);  // into the kernel's buffers
  co_await client.close();
  const auto all = co_await peer.read_all();
  EXPECT_TRUE(all == data) << all.size();
}

TLS_TEST(a_cancelled_handshake_closes_the_transport) {
  for (int at = 2; at != 8; ++at) {
    auto [near, far] = memory_pipe();
    server peer{std::move(far), certificates::instance().good()};
    auto connecting =
        spawn([&]() -> awaitable<stream> { return tls_connect(std::move(near), "localhost", trusting()); });
    auto accepting = spawn([&]() -> awaitable<void> { co_await peer.accept(); });
    co_await turns(at);
    const bool in_time = connecting.cancel();
    co_await connecting.wait();
    if (in_time && connecting.cancelled()) {
      co_await accepting.wait();  // the peer sees the end of the transport, here or later
      try {
        accepting.result();
        const auto rest = co_await peer.read_all();
        EXPECT_EQ(rest, "");
      } catch (const std::exception&) {}
    } else {
      co_await accepting;
    }
  }
}

TLS_TEST(a_handshake_with_a_silent_server_ends_with_a_timeout) {
  auto [near, far] = memory_pipe();
  const auto error = co_await error_of(wait_for(tls_connect(std::move(near), "localhost", trusting()), 10s));
  EXPECT_EQ(error.code(), bight::errc::timed_out);
  const auto hello = co_await read_all(far);
  EXPECT_FALSE(hello.empty());
}

TLS_TEST(a_cancelled_read_takes_nothing_and_disturbs_no_write) {
  secured both{10'000};
  co_await both.shake_hands();
  const auto much = test::pattern(300'000);
  auto writing = spawn([&]() -> awaitable<void> { co_await test::write_and_finish(both.client, much); });
  auto reading = spawn(read_once, std::ref(both.client));
  co_await turns(5);
  CO_ASSERT_FALSE(writing.done());
  reading.cancel();
  co_await reading.wait();
  EXPECT_TRUE(reading.cancelled());
  const auto all = co_await both.peer.read_all();
  EXPECT_TRUE(all == much);
  co_await writing;
  co_await both.peer.write("answer");
  const auto answer = co_await read_once(both.client);
  EXPECT_EQ(answer, "answer");
}

TLS_TEST(cancelled_reads_lose_no_byte) {
  secured both;
  co_await both.shake_hands();
  std::string sent;
  std::string received;
  for (int round = 0; round != 200; ++round) {
    auto reading = spawn(read_once, std::ref(both.client));
    co_await turns(round % 5);
    if (round % 2 == 0) {
      sent += static_cast<char>('a' + round % 26);
      co_await both.peer.write(std::string_view(sent).substr(sent.size() - 1));
      if (round % 10 == 0) SSL_key_update(both.peer.engine.ssl(), SSL_KEY_UPDATE_REQUESTED);
    }
    co_await turns(round / 5 % 4);
    reading.cancel();
    co_await reading.wait();
    if (!reading.cancelled()) received += reading.result();
  }
  co_await both.peer.say_goodbye();
  received += co_await read_all(both.client);
  EXPECT_EQ(received, sent);
}

TLS_TEST(a_cancelled_write_breaks_the_stream_and_reading_goes_on) {
  secured both{10'000};
  co_await both.shake_hands();
  const std::string much(300'000, 'x');
  const auto error = co_await error_of(wait_for(both.client.write(much), 1s));
  EXPECT_EQ(error.code(), bight::errc::timed_out);
  const auto again = co_await error_of(both.client.write("more"));
  EXPECT_EQ(again.code(), errc::stream_broken);
  co_await both.peer.write("still here");
  const auto text = co_await read_once(both.client);
  EXPECT_EQ(text, "still here");
  co_await both.client.close();
}

// The server asks for new keys; the answer goes out with the next bytes, and both sides go on.
TLS_TEST(keys_are_updated_while_both_sides_talk) {
  secured both{5'000};
  co_await both.shake_hands();
  const auto there = test::pattern(500'000, 1);
  auto talk = [&]() -> awaitable<void> {
    for (int i = 0; i != 20; ++i) {
      SSL_key_update(both.peer.engine.ssl(), SSL_KEY_UPDATE_REQUESTED);
      co_await both.peer.write("piece");
    }
    co_await both.peer.say_goodbye();
  };
  auto [written, talked, at_peer, at_client] = co_await gather(
      test::write_and_finish(both.client, there), talk(), both.peer.read_all(), read_all(both.client));
  EXPECT_TRUE(at_peer == there);
  EXPECT_EQ(at_client.size(), 100U);
}

TLS_TEST(may_be_destroyed_while_it_reads_and_writes) {
  for (int at = 2; at != 10; ++at) {
    secured both{1'000};
    co_await both.shake_hands();
    const std::string much(100'000, 'x');
    auto doomed = std::make_unique<stream>(std::move(both.client));
    auto reading = spawn([&]() -> awaitable<void> { static_cast<void>(co_await read_all(*doomed)); });
    auto writing = spawn([&]() -> awaitable<void> { co_await doomed->write(much); });
    auto not_begun = doomed->write("x");
    co_await both.peer.write("data that arrives meanwhile");
    co_await turns(at);
    doomed.reset();
    co_await reading.wait();
    co_await writing.wait();
    EXPECT_THROW(reading.result(), system_error);
    EXPECT_THROW(writing.result(), system_error);
    const auto error = co_await error_of(std::move(not_begun));
    EXPECT_EQ(error.code(), errc::stream_closed);
  }
}

TLS_TEST(abort_ends_a_pending_read) {
  secured both;
  co_await both.shake_hands();
  auto reading = spawn([&]() -> awaitable<void> { static_cast<void>(co_await read_once(both.client)); });
  co_await turns(5);
  CO_ASSERT_FALSE(reading.done());
  both.client.abort();
  co_await reading.wait();
  try {
    reading.result();
    ADD_FAILURE() << "the read ended without an error";
  } catch (const system_error& e) { EXPECT_EQ(e.code(), sys::operation_canceled); }
}

TLS_TEST(sends_files) {
  secured both;
  co_await both.shake_hands();
  const auto content = test::pattern(300'000);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), &std::fclose};
  std::fwrite(content.data(), 1, content.size(), file.get());
  std::fflush(file.get());
  auto send = [&]() -> awaitable<std::uint64_t> {
    const auto sent = co_await both.client.send_file(::fileno(file.get()), 1'000, 1'000'000);
    co_await both.client.close();
    co_return sent;
  };
  auto [sent, all] = co_await gather(send(), both.peer.read_all());
  EXPECT_EQ(sent, 299'000U);
  EXPECT_TRUE(all == content.substr(1'000));
}

TEST_F(tls, a_loop_may_be_destroyed_with_operations_in_flight) {
  secured both{1'000};
  const std::string much(100'000, 'x');
  {
    loop l;
    const auto t = l.spawn([&]() -> awaitable<void> {
      co_await both.shake_hands();
      spawn([&]() -> awaitable<void> { static_cast<void>(co_await read_all(both.client)); }).detach();
      spawn([&]() -> awaitable<void> { co_await both.client.write(much); }).detach();
      spawn([&]() -> awaitable<void> { co_await both.client.close(); }).detach();
      co_await turns(5);
    });
    l.run_until(t);
    t.result();
  }
}

TEST(tls_client_context, names_the_file_that_it_cannot_load) {
  const auto directory = std::filesystem::temp_directory_path();
  const auto empty = (directory / ("bight-not-a-certificate-" + std::to_string(::getpid()))).string();
  std::ofstream{empty} << "this is no certificate\n";
  for (const auto& path : {std::string{"/no/such/file.pem"}, empty}) {
    try {
      tls_client_context::from_ca_file(path);
      ADD_FAILURE() << "loaded " << path;
    } catch (const system_error& e) {
      EXPECT_EQ(e.code(), errc::tls_configuration);
      EXPECT_THAT(e.what(), HasSubstr(path));
    }
  }
  std::filesystem::remove(empty);
}

TEST(tls_client_context, of_the_system_is_made_once) {
  const auto a = tls_client_context::system();
  const auto b = tls_client_context::system();
  EXPECT_EQ(&a.implementation(), &b.implementation());
}

}  // namespace bight::net::tls_test
