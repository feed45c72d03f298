// listener: binding, accepting, and what happens when it cannot.
#include <bight/net/listener.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <bight/core/event.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/race.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/error.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/errc.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/sockets.hpp"

namespace bight::net::listener_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using test::error_of;
namespace sys = boost::system::errc;
using ::testing::HasSubstr;

const endpoint anywhere{ip_address::loopback(), 0};

awaitable<void> turns(int count) {
  for (int i = 0; i != count; ++i) co_await yield();
}

ASYNC_TEST(listener, port_zero_picks_a_free_one) {
  listener a{anywhere};
  listener b{anywhere};
  EXPECT_NE(a.local_endpoint().port(), 0);
  EXPECT_NE(a.local_endpoint().port(), b.local_endpoint().port());
  EXPECT_EQ(a.local_endpoint().address(), ip_address::loopback());
  auto [client, server] = co_await gather(connect(a.local_endpoint()), a.accept());
  EXPECT_EQ(client.remote_endpoint(), a.local_endpoint());
  EXPECT_EQ(server.remote_endpoint(), client.local_endpoint());
}

ASYNC_TEST(listener, an_address_in_use_is_named) {
  listener first{anywhere};
  const auto taken = first.local_endpoint();
  try {
    listener second{taken};
    ADD_FAILURE() << "the port was taken twice";
  } catch (const system_error& e) {
    EXPECT_EQ(e.code(), sys::address_in_use);
    EXPECT_THAT(e.what(), HasSubstr(taken.to_string()));
  }
  co_return;
}

ASYNC_TEST(listener, an_address_of_another_machine_is_named) {
  const endpoint elsewhere{ip_address{ip_address::v4_bytes{192, 0, 2, 1}}, 0};
  try {
    listener l{elsewhere};
    ADD_FAILURE() << "listens on another machine";
  } catch (const system_error& e) {
    EXPECT_EQ(e.code(), sys::address_not_available);
    EXPECT_THAT(e.what(), HasSubstr("192.0.2.1:0"));
  }
  co_return;
}

ASYNC_TEST(listener, a_port_can_be_used_again_at_once) {
  endpoint where;
  {
    listener first{anywhere};
    where = first.local_endpoint();
    auto [client, server] = co_await gather(connect(where), first.accept());
    co_await server.close();  // its side is the one that stays in TIME_WAIT
    static_cast<void>(co_await test::read_all(client));
  }
  listener second{where};
  EXPECT_EQ(second.local_endpoint(), where);
}

ASYNC_TEST(listener, connections_wait_in_the_backlog) {
  listener l{anywhere};
  std::vector<stream> clients;
  for (int i = 0; i != 20; ++i) clients.push_back(co_await connect(l.local_endpoint()));
  for (int i = 0; i != 20; ++i) {
    auto s = co_await l.accept();
    EXPECT_EQ(s.remote_endpoint(), clients[static_cast<std::size_t>(i)].local_endpoint());
  }
}

// Cancels meet arriving connections in every order: each of them is accepted once.
ASYNC_TEST(listener, a_cancelled_accept_loses_no_connection) {
  listener l{anywhere};
  std::vector<stream> clients;
  std::size_t accepted = 0;
  std::size_t cancelled = 0;
  for (int round = 0; round != 100; ++round) {
    auto accepting = spawn([&]() -> awaitable<void> {
      auto s = co_await l.accept();
      ++accepted;
    });
    co_await turns(round % 3);
    if (round % 2 == 0) clients.push_back(co_await connect(l.local_endpoint()));
    co_await turns(round / 3 % 3);
    accepting.cancel();
    co_await accepting.wait();
    if (accepting.cancelled()) ++cancelled;
  }
  while (accepted != clients.size()) {
    auto s = co_await wait_for(l.accept(), 5s);
    ++accepted;
  }
  EXPECT_GT(cancelled, 0U);
  const auto error = co_await error_of(wait_for(l.accept(), 10ms));
  EXPECT_EQ(error.code(), bight::errc::timed_out);  // and nothing else
}

ASYNC_TEST(listener, close_ends_a_pending_accept) {
  listener l{anywhere};
  const auto where = l.local_endpoint();
  auto accepting = spawn([&]() -> awaitable<void> { auto s = co_await l.accept(); });
  co_await turns(3);
  CO_ASSERT_FALSE(accepting.done());
  l.close();
  l.close();
  co_await accepting.wait();
  try {
    accepting.result();
    ADD_FAILURE() << "accept ended without an error";
  } catch (const system_error& e) { EXPECT_EQ(e.code(), sys::operation_canceled); }
  const auto later = co_await error_of(l.accept());
  EXPECT_EQ(later.code(), errc::stream_closed);
  const auto refused = co_await error_of(connect(where));
  EXPECT_EQ(refused.code(), sys::connection_refused);
  EXPECT_EQ(l.local_endpoint(), where);
}

ASYNC_TEST(listener, may_be_destroyed_while_it_accepts) {
  std::optional<listener> l{std::in_place, anywhere};
  auto accepting = spawn([&]() -> awaitable<void> { auto s = co_await l->accept(); });
  auto later = l->accept();
  co_await turns(3);
  l.reset();
  co_await accepting.wait();
  EXPECT_THROW(accepting.result(), system_error);
  const auto error = co_await error_of(std::move(later));
  EXPECT_EQ(error.code(), errc::stream_closed);
}

ASYNC_TEST(listener, may_be_moved_while_it_accepts) {
  listener l{anywhere};
  const auto where = l.local_endpoint();
  auto accepting = spawn([&]() -> awaitable<void> { auto s = co_await l.accept(); });
  co_await turns(3);
  listener moved{std::move(l)};
  auto client = co_await connect(where);
  co_await accepting;
  EXPECT_EQ(moved.local_endpoint(), where);
}

ASYNC_TEST(listener, reuse_port_shares_a_port) {
  const listen_options shared{.reuse_port = true};
  listener a{anywhere, shared};
  listener b{a.local_endpoint(), shared};
  EXPECT_EQ(a.local_endpoint(), b.local_endpoint());
  std::vector<stream> clients;
  for (int i = 0; i != 64; ++i) clients.push_back(co_await connect(a.local_endpoint()));
  int count = 0;
  for (auto* l : {&a, &b}) {
    auto take_all = [&]() -> awaitable<void> {
      while (true) {
        auto s = co_await l->accept();
        ++count;
      }
    };
    static_cast<void>(co_await error_of(wait_for(take_all(), 10ms)));
  }
  EXPECT_EQ(count, 64);
}

ASYNC_TEST(listener, without_reuse_port_nobody_shares) {
  const listen_options shared{.reuse_port = true};
  listener a{anywhere};
  EXPECT_THROW(listener(a.local_endpoint(), shared), system_error);
  co_return;
}

awaitable<void> check_dual_stack(endpoint any_six) {
  listener both{any_six};
  const endpoint by_four{ip_address::loopback(), both.local_endpoint().port()};
  auto [client, server] = co_await gather(connect(by_four), both.accept());
  EXPECT_TRUE(server.remote_endpoint().address().is_v6());
  EXPECT_TRUE(server.remote_endpoint().address().is_loopback());  // ::ffff:127.0.0.1

  const listen_options six_only{.dual_stack = false};
  listener six{any_six, six_only};
  const endpoint not_here{ip_address::loopback(), six.local_endpoint().port()};
  const auto refused = co_await error_of(connect(not_here));
  EXPECT_EQ(refused.code(), sys::connection_refused);
}

TEST(listener, ipv6_takes_ipv4_connections_unless_told_otherwise) {
  const int probe = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) GTEST_SKIP() << "no IPv6 here";
  ::close(probe);
  testing::run_virtual(check_dual_stack, endpoint{ip_address{ip_address::v6_bytes{}}, 0});
}

ASYNC_TEST(listener, descriptors_are_not_inherited_by_programs_that_are_started) {
  const auto before = test::open_descriptors();
  listener l{anywhere};
  int found = 0;
  for (int fd = 0; fd != 1024; ++fd) {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0 || at.sin_family != AF_INET) continue;
    if (ntohs(at.sin_port) != l.local_endpoint().port()) continue;
    ++found;
    EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC);
  }
  EXPECT_EQ(found, 1);
  EXPECT_EQ(test::open_descriptors(), before + 1);
  co_return;
}

// Lowers the limit on descriptors to what is open now.
class no_more_descriptors {
 public:
  no_more_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    const rlimit none{static_cast<rlim_t>(next), before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    ::close(next);
  }
  no_more_descriptors(const no_more_descriptors&) = delete;
  no_more_descriptors& operator=(const no_more_descriptors&) = delete;
  ~no_more_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

awaitable<void> accept_without_descriptors(bool none_left) {
  listener l{anywhere};
  auto client = co_await connect(l.local_endpoint());
  auto accepting = spawn([&]() -> awaitable<stream> { return l.accept(); });
  {
    std::optional<no_more_descriptors> limit;
    if (none_left) limit.emplace();
    co_await sleep(120ms);
    EXPECT_EQ(accepting.done(), !none_left);
  }
  auto server = co_await wait_for(std::move(accepting), 5s);
  co_await client.write("patience");
  const auto text = co_await test::read_exactly(server, 8);
  EXPECT_EQ(text, "patience");
}

// The first time without the limit: UBSan looks at objects of types that it has not seen yet through a pipe.
ASYNC_TEST(listener, waits_while_the_process_is_out_of_descriptors) {
  co_await accept_without_descriptors(false);
  co_await accept_without_descriptors(true);
}

awaitable<void> close_without_descriptors(bool none_left) {
  listener l{anywhere};
  auto client = co_await connect(l.local_endpoint());
  auto accepting = spawn([&]() -> awaitable<void> {
    while (true) auto s = co_await l.accept();
  });
  {
    std::optional<no_more_descriptors> limit;
    if (none_left) limit.emplace();
    co_await sleep(60ms);
    l.close();
    co_await accepting.wait();
  }
  try {
    accepting.result();
    ADD_FAILURE() << "accept ended without an error";
  } catch (const system_error& e) { EXPECT_EQ(e.code(), sys::operation_canceled); }
}

ASYNC_TEST(listener, close_ends_an_accept_that_waits_for_descriptors) {
  co_await close_without_descriptors(false);
  co_await close_without_descriptors(true);
}

// A transport of one's own: both ends in memory.
class in_memory final : public listener_backend {
 public:
  explicit in_memory(stream& other_end) : other_end_(&other_end) {}
  awaitable<stream> accept() override {
    auto [mine, other] = memory_pipe();
    *other_end_ = std::move(other);
    co_return std::move(mine);
  }
  endpoint local_endpoint() const override { return {ip_address::loopback(), 7}; }
  void close() noexcept override { other_end_->abort(); }

 private:
  stream* other_end_;
};

ASYNC_TEST(listener, accepts_from_any_transport) {
  stream client;
  listener l{std::make_unique<in_memory>(client)};
  EXPECT_EQ(l.local_endpoint(), endpoint(ip_address::loopback(), 7));
  auto server = co_await l.accept();
  co_await client.write("hello");
  const auto text = co_await test::read_once(server);
  EXPECT_EQ(text, "hello");
  l.close();
  const auto error = co_await test::error_of(test::read_once(server));
  EXPECT_EQ(error.code(), sys::connection_reset);
}

// The accept has its connection, and its task is cancelled before it can take it.
ASYNC_TEST(listener, keeps_a_connection_that_came_in_the_turn_of_the_cancellation) {
  listener l{anywhere};
  const auto client = co_await connect(l.local_endpoint());
  event stop;
  stop.set();
  const auto first = co_await race(l.accept(), stop.wait());
  EXPECT_EQ(first.index(), 1U);
  const auto server = co_await wait_for(l.accept(), 10s);
  EXPECT_EQ(server.remote_endpoint(), client.local_endpoint());
}

ASYNC_TEST(listener, a_connection_that_it_keeps_ends_with_it) {
  listener l{anywhere};
  auto client = co_await connect(l.local_endpoint());
  event stop;
  stop.set();
  co_await race(l.accept(), stop.wait());
  l.close();
  const auto error = co_await error_of(l.accept());
  EXPECT_EQ(error.code(), errc::stream_closed);
  std::array<std::byte, 1> room;
  std::size_t got = 0;
  try {
    got = co_await wait_for(client.read_some(room), 10s);
  } catch (const system_error&) {}  // it was reset
  EXPECT_EQ(got, 0U);
}

}  // namespace bight::net::listener_test
