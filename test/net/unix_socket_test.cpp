// Unix domain sockets: listening on a path, stale files, permissions, abstract names, and descriptors.
#include <bight/net/listener.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bight/core/gather.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/connect.hpp>
#include <bight/net/error.hpp>
#include <bight/testing/async_test.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/program.hpp"
#include "support/sockets.hpp"

namespace bight::net::unix_socket_test {

using namespace std::chrono_literals;
using boost::system::system_error;
using test::error_of;
using test::read_all;
namespace sys = boost::system::errc;
using ::testing::HasSubstr;

bool exists(const endpoint& e) { return std::filesystem::exists(std::filesystem::path{e.path()}); }

// Both ends of a connection to `l`.
awaitable<std::pair<stream, stream>> connected(listener& l) {
  auto [client, server] = co_await gather(connect(l.local_endpoint()), l.accept());
  co_return std::pair<stream, stream>(std::move(client), std::move(server));
}

// A file that a listener has left behind.
void leave_stale(const endpoint& where) {
  const listen_options kept{.unlink_on_close = false};
  listener l{where, kept};
}

ASYNC_TEST(unix_socket, carries_bytes_both_ways) {
  const test::scratch_folder folder;
  const auto where = endpoint::unix_path(folder.file("socket"));
  listener l{where};
  EXPECT_EQ(l.local_endpoint(), where);
  auto [client, server] = co_await connected(l);
  EXPECT_EQ(client.remote_endpoint(), where);
  EXPECT_EQ(client.local_endpoint(), endpoint::unix_unnamed());
  EXPECT_EQ(server.local_endpoint(), where);
  EXPECT_EQ(server.remote_endpoint(), endpoint::unix_unnamed());

  const auto there = test::pattern(3'000'000, 1);
  const auto back = test::pattern(2'000'000, 2);
  auto [a, b, at_server, at_client] =
      co_await gather(test::write_and_finish(client, there), test::write_and_finish(server, back),
                      read_all(server), read_all(client));
  EXPECT_TRUE(at_server == there);
  EXPECT_TRUE(at_client == back);
}

ASYNC_TEST(unix_socket, the_peer_that_has_gone_is_noticed) {
  const test::scratch_folder folder;
  listener l{endpoint::unix_path(folder.file("socket"))};
  auto [client, server] = co_await connected(l);
  server.abort();
  EXPECT_TRUE(client.readable());
  const auto end = co_await read_all(client);
  EXPECT_EQ(end, "");
  const auto error = co_await error_of(client.write("x"));
  EXPECT_EQ(error.code(), sys::broken_pipe);
}

ASYNC_TEST(unix_socket, abstract_names_need_no_file) {
  const auto name = "bight-test-" + std::to_string(::getpid());
  const auto where = endpoint::unix_abstract(name);
  listener l{where};
  EXPECT_EQ(l.local_endpoint(), where);
  auto [client, server] = co_await connected(l);
  EXPECT_EQ(client.remote_endpoint(), where);
  co_await client.write("x");
  const auto x = co_await test::read_exactly(server, 1);
  EXPECT_EQ(x, "x");
}

ASYNC_TEST(unix_socket, the_file_goes_with_the_listener) {
  const test::scratch_folder folder;
  const auto where = endpoint::unix_path(folder.file("socket"));
  std::optional<listener> l{std::in_place, where};
  EXPECT_TRUE(exists(where));
  l->close();
  EXPECT_FALSE(exists(where));
  l.emplace(where);
  EXPECT_TRUE(exists(where));
  l.reset();
  EXPECT_FALSE(exists(where));
  co_return;
}

ASYNC_TEST(unix_socket, the_file_stays_when_it_was_asked_to) {
  const test::scratch_folder folder;
  const auto where = endpoint::unix_path(folder.file("socket"));
  leave_stale(where);
  EXPECT_TRUE(exists(where));
  co_return;
}

ASYNC_TEST(unix_socket, a_file_that_somebody_else_has_put_there_stays) {
  const test::scratch_folder folder;
  const auto where = endpoint::unix_path(folder.file("socket"));
  listener l{where};
  std::filesystem::rename(folder.file("socket"), folder.file("old"));
  listener successor{where};
  l.close();
  EXPECT_TRUE(exists(where));
  auto [client, server] = co_await connected(successor);
  EXPECT_TRUE(client.valid());
}

ASYNC_TEST(unix_socket, a_stale_file_is_replaced) {
  const test::scratch_folder folder;
  const auto where = endpoint::unix_path(folder.file("socket"));
  leave_stale(where);
  const auto refused = co_await error_of(connect(where));
  EXPECT_EQ(refused.code(), sys::connection_refused);
  listener l{where};
  auto [client, server] = co_await connected(l);
  EXPECT_TRUE(client.valid());
}

ASYNC_TEST(unix_socket, one_that_is_in_use_is_not_replaced) {
  const test::scratch_folder folder;
  const auto where = endpoint::unix_path(folder.file("socket"));
  listener first{where};
  try {
    listener second{where};
    ADD_FAILURE() << "the path was taken twice";
  } catch (const system_error& e) {
    EXPECT_EQ(e.code(), sys::address_in_use);
    EXPECT_THAT(e.what(), HasSubstr(where.to_string()));
  }
  // Accepts the connection of who asked, and then the one that is meant.
  auto asked = co_await first.accept();
  const auto nothing = co_await read_all(asked);
  EXPECT_EQ(nothing, "");
  auto [client, server] = co_await connected(first);
  EXPECT_TRUE(client.valid());
}

ASYNC_TEST(unix_socket, a_file_that_is_no_socket_is_not_replaced) {
  const test::scratch_folder folder;
  const auto path = folder.write("socket", "precious");
  EXPECT_THROW(listener{endpoint::unix_path(path)}, system_error);
  EXPECT_EQ(test::read_file(path), "precious");
  co_return;
}

ASYNC_TEST(unix_socket, has_the_permissions_that_were_asked_for) {
  const test::scratch_folder folder;
  for (const int permissions : {0600, 0660, 0666, 0777}) {
    const auto where = endpoint::unix_path(folder.file("socket"));
    const listen_options options{.unix_permissions = permissions};
    listener l{where, options};
    struct stat s {};
    EXPECT_EQ(::stat(folder.file("socket").c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 07777U, static_cast<unsigned>(permissions));
  }
  co_return;
}

ASYNC_TEST(unix_socket, errors_name_the_path) {
  const test::scratch_folder folder;
  const auto where = endpoint::unix_path(folder.file("none"));
  const auto missing = co_await error_of(connect(where));
  EXPECT_EQ(missing.code(), sys::no_such_file_or_directory);
  EXPECT_THAT(missing.what(), HasSubstr("connect to " + where.to_string()));
  try {
    listener l{endpoint::unix_path(folder.file("no/folder"))};
    ADD_FAILURE() << "listens nowhere";
  } catch (const system_error& e) {
    EXPECT_EQ(e.code(), sys::no_such_file_or_directory);
    EXPECT_THAT(e.what(), HasSubstr("listen on unix:" + folder.file("no/folder")));
  }
}

ASYNC_TEST(unix_socket, a_full_backlog_is_waited_for) {
  const test::scratch_folder folder;
  const auto where = endpoint::unix_path(folder.file("socket"));
  const listen_options options{.backlog = 1};
  listener l{where, options};
  std::vector<task<stream>> clients;
  for (int i = 0; i != 8; ++i) clients.push_back(spawn([&] { return connect(where); }));
  co_await sleep(1s);
  std::size_t done = 0;
  for (const auto& c : clients) done += c.done() ? 1U : 0U;
  EXPECT_LT(done, clients.size());
  for (auto& c : clients) {
    auto accepted = co_await l.accept();
    EXPECT_TRUE(accepted.valid());
    static_cast<void>(c);
  }
  for (auto& c : clients) co_await c;
}

ASYNC_TEST(unix_socket, a_wait_for_the_backlog_can_be_cancelled) {
  const test::scratch_folder folder;
  const auto where = endpoint::unix_path(folder.file("socket"));
  const listen_options options{.backlog = 0};
  listener l{where, options};
  const auto descriptors = test::open_descriptors();
  {
    auto first = co_await connect(where);
    const auto late = co_await error_of(wait_for(connect(where), 1s));
    EXPECT_EQ(late.code(), bight::errc::timed_out);
  }
  EXPECT_EQ(test::open_descriptors(), descriptors);
}

// A socket that listens, from somewhere else.
int listening_descriptor() {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr address{};
  address.sa_family = AF_UNIX;
  if (::bind(fd, &address, sizeof address.sa_family) != 0 || ::listen(fd, 16) != 0)  // any abstract name
    throw std::runtime_error("no socket to test with");
  return fd;
}

ASYNC_TEST(listener_from_descriptor, accepts_and_closes_it) {
  const auto descriptors = test::open_descriptors();
  const int fd = listening_descriptor();
  {
    auto l = listener::from_descriptor(fd);
    EXPECT_TRUE(l.local_endpoint().is_abstract());
    auto [client, server] = co_await connected(l);
    co_await client.write("x");
    const auto x = co_await test::read_exactly(server, 1);
    EXPECT_EQ(x, "x");
  }
  EXPECT_EQ(test::open_descriptors(), descriptors);
}

ASYNC_TEST(listener_duplicate, accepts_from_the_same_backlog) {
  const auto descriptors = test::open_descriptors();
  {
    auto first = listener::from_descriptor(listening_descriptor());
    auto second = listener::from_descriptor(first.duplicate());
    EXPECT_EQ(second.local_endpoint(), first.local_endpoint());
    for (auto* const l : {&first, &second, &first}) {
      auto [client, server] = co_await connected(*l);
      co_await client.write("x");
      const auto x = co_await test::read_exactly(server, 1);
      EXPECT_EQ(x, "x");
    }
  }
  EXPECT_EQ(test::open_descriptors(), descriptors);
}

ASYNC_TEST(listener_duplicate, keeps_the_socket_when_the_first_closes) {
  listener first{endpoint{ip_address::loopback(), 0}};
  const auto where = first.local_endpoint();
  auto second = listener::from_descriptor(first.duplicate());
  auto waiting = spawn([&]() -> awaitable<void> { auto s = co_await first.accept(); });
  co_await yield();
  first.close();
  auto rest = [&]() -> awaitable<void> { co_await waiting; };
  const auto error = co_await error_of(rest());
  EXPECT_EQ(error.code(), sys::operation_canceled);
  EXPECT_THROW(static_cast<void>(first.duplicate()), system_error);
  auto [client, server] = co_await connected(second);
  EXPECT_EQ(client.remote_endpoint(), where);
  second.close();
  const auto refused = co_await error_of(connect(where));
  EXPECT_EQ(refused.code(), sys::connection_refused);
}

ASYNC_TEST(listener_from_descriptor, knows_the_port_of_a_tcp_socket) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_EQ(::listen(fd, 1), 0);  // binds it to some port
  auto l = listener::from_descriptor(fd);
  EXPECT_NE(l.local_endpoint().port(), 0);
  const endpoint where{ip_address::loopback(), l.local_endpoint().port()};
  auto [client, server] = co_await gather(connect(where), l.accept());
  EXPECT_EQ(client.remote_endpoint(), where);
}

ASYNC_TEST(listener_from_descriptor, refuses_what_does_not_listen) {
  int pair[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  const int datagrams = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  for (const int fd : {pair[0], datagrams}) {
    try {
      auto l = listener::from_descriptor(fd);
      ADD_FAILURE() << "accepts on " << fd;
    } catch (const system_error& e) {
      EXPECT_EQ(e.code(), sys::invalid_argument);
      EXPECT_THAT(e.what(), HasSubstr("no listening stream socket"));
    }
  }
  for (const int fd : {pair[0], pair[1], datagrams}) EXPECT_EQ(::close(fd), 0);  // still the caller's
  EXPECT_THROW(static_cast<void>(listener::from_descriptor(-1)), system_error);
  co_return;
}

}  // namespace bight::net::unix_socket_test
