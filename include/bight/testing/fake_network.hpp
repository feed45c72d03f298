// fake_network: a simulated network.
#pragma once
#include <bight/net/network.hpp>
#include <bight/testing/faults.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace bight::testing {

/// Options of a fake_network. Trivially copyable.
struct fake_network_options {
  /// The duration of a lookup.
  std::chrono::nanoseconds lookup_delay{0};
  /// The duration of a connect, successful or refused.
  std::chrono::nanoseconds connect_delay{0};
  /// The buffer size of a connection per direction, in bytes; `write` waits while it is full.
  std::size_t capacity = 64 * 1024;
};

/// A connection that is about to be established, for the on_connection hook.
class fake_connection {
 public:
  std::size_t number = 0;  ///< The number of the connection, from 0.
  net::endpoint from;      ///< The client.
  net::endpoint to;        ///< The address it connects to.
  faults client;           ///< Faults of the client's end.
  faults server;           ///< Faults of the accepted end.
};

/// A simulated network, used by `net::connect`, `net::listener` and `net::resolver` in the tasks of its
/// scope, and thus by http::client, http::server and everything above them. It uses no descriptors or
/// threads, so all tests run in virtual time.
///
///     testing::fake_network network;
///     const auto inside = network.use();
///     network.add_host("example.org", {"192.0.2.7", "2001:db8::7"});
///     net::listener listener{*net::endpoint::parse("192.0.2.7:80")};
///     auto client = co_await net::connect("example.org", 80);
///
/// Any address can be listened on, as if each were a separate host; 0.0.0.0 and [::] get connections to all
/// other addresses, [::] also IPv4 (dual_stack). Unix domain sockets are names only; no files are created.
/// Connecting fails with "connection refused" if there is no listener, or "no such file or directory" for a
/// Unix domain socket, and waits while the backlog is full. Port 0 selects a free port; an address in use is
/// "address already in use", unless all its listeners set reuse_port and take turns. "localhost" is
/// predefined as 127.0.0.1; other names must be added.
///
/// Addresses are strings such as "192.0.2.7" or "2001:db8::7", with port "192.0.2.7:80" or
/// "[2001:db8::7]:80", or "unix:/run/app.sock"; others throw net::errc::invalid_address. Concurrency: one
/// loop. Copies refer to the same network. Each lookup, connect and accept, and each read and write on its
/// connections, is a step of fail_at_every_step.
class fake_network {
 public:
  explicit fake_network(const fake_network_options& options = {});

  /// Replaces the operating system's network for the running task, and for tasks that it spawns, while the
  /// scope exists: see net::network_scope.
  net::network_scope use() const;

  /// Adds a host name, or replaces its addresses. Without addresses, the name exists but is not found.
  /// Resolvers cache results for their `ttl`.
  void add_host(std::string_view name, std::initializer_list<std::string_view> addresses);
  /// Makes lookups of `name` fail with `error`, such as net::errc::resolver_failed, until it is added again.
  void fail_lookup(std::string_view name, const boost::system::error_code& error);

  /// Makes connects to `address` hang, as behind a firewall that drops packets.
  void black_hole(std::string_view address);
  /// Makes connects to `address` fail with host unreachable.
  void unreachable(std::string_view address);
  /// Undoes black_hole and unreachable.
  void reachable(std::string_view address);
  /// Refuses the next `count` connects to `where`, whether or not there is a listener.
  void refuse_next(std::string_view where, std::size_t count);
  /// Resets all connections: connection_reset at both ends; data in transit is lost.
  void reset_connections();
  /// Calls `prepare` for each new connection before its ends are returned.
  ///
  ///     network.on_connection([](testing::fake_connection& c) {
  ///       if (c.number == 0) c.client.reading.reset_at(40);    // the first response is cut off
  ///     });
  void on_connection(std::function<void(fake_connection&)> prepare);

  /// The number of lookups of a name, and of all names, not counting those answered from a resolver's cache.
  std::size_t lookups(std::string_view name) const;
  std::size_t lookups() const noexcept;
  /// The number of connects started, to `where` and in total.
  std::size_t connects(std::string_view where) const;
  std::size_t connects() const noexcept;
  /// The number of connections with an open end.
  std::size_t open_connections() const noexcept;

 private:
  class impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace bight::testing
