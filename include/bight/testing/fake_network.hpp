// fake_network: names, connections and listeners without an operating system.
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
  /// How long a look-up takes.
  std::chrono::nanoseconds lookup_latency{0};
  /// How long it takes to be connected, or refused.
  std::chrono::nanoseconds connect_latency{0};
  /// Bytes that a connection holds in each direction before `write` waits.
  std::size_t capacity = 64 * 1024;
};

/// A connection that is about to be made, for the hook that prepares it.
class fake_connection {
 public:
  std::size_t number = 0;  ///< Of the network, from 0.
  net::endpoint from;      ///< The client.
  net::endpoint to;        ///< What it connected to.
  faults client;           ///< What is to go wrong at the client's end.
  faults server;           ///< ... and at the end that is accepted.
};

/// A whole internet inside a test: what `net::connect`, `net::listener` and `net::resolver` use in the tasks
/// of its scope, and so http::client, http::server and everything above them. No descriptor, no thread: time
/// is virtual, and an hour passes in no time.
///
///     testing::fake_network network;
///     const auto inside = network.use();
///     network.add_host("example.org", {"192.0.2.7", "2001:db8::7"});
///     net::listener listener{*net::endpoint::parse("192.0.2.7:80")};
///     auto client = co_await net::connect("example.org", 80);
///
/// Every address may be listened on, as if each were a machine of its own; 0.0.0.0 and [::] get what is for
/// none of them, [::] IPv4 as well (dual_stack). Unix domain sockets are names: no file is made. Nobody
/// listens: connection refused, or for the path of a Unix domain socket "no such file or directory". A full
/// backlog makes connects wait. Port 0 picks a free one; a taken one is "address already in use", unless all
/// say reuse_port, which then take turns. "localhost" is 127.0.0.1 without being added; other names that were
/// not added are not found.
///
/// Addresses are text, as "192.0.2.7" or "2001:db8::7", with a port as "192.0.2.7:80" or "[2001:db8::7]:80",
/// or "unix:/run/app.sock"; what is none throws net::errc::invalid_address. Concurrency: one loop. Copies are
/// the same network. Each look-up, connect and accept, and each read and write of its connections, is a step
/// of fail_at_every_step.
class fake_network {
 public:
  explicit fake_network(const fake_network_options& options = {});

  /// Puts it in place of the operating system for the running task and what that spawns, while the scope
  /// lives: see net::network_scope.
  net::network_scope use() const;

  /// Names. A name that is added again has the new addresses; none: it exists, and is not found all the same.
  /// Resolvers keep what they were told for their `ttl`.
  void add_host(std::string_view name, std::initializer_list<std::string_view> addresses);
  /// Looking `name` up fails with `error`, as net::errc::resolver_failed, until it is added again.
  void fail_lookup(std::string_view name, const boost::system::error_code& error);

  /// Connects to `address` never end, as behind a firewall that drops everything.
  void black_hole(std::string_view address);
  /// Connects to `address` fail: host unreachable.
  void unreachable(std::string_view address);
  /// Connects to `address` work as they did at first.
  void reachable(std::string_view address);
  /// The next `count` connects to `where` are refused, whoever listens.
  void refuse_next(std::string_view where, std::size_t count);
  /// Every connection is lost now: connection_reset at both ends, and what was under way is gone.
  void reset_connections();
  /// Calls `prepare` for each connection before its ends are handed out.
  ///
  ///     network.on_connection([](testing::fake_connection& c) {
  ///       if (c.number == 0) c.client.reading.reset_at(40);    // the first response is cut off
  ///     });
  void on_connection(std::function<void(fake_connection&)> prepare);

  /// How often it was asked for a name; for any. What a resolver had kept does not count.
  std::size_t lookups(std::string_view name) const;
  std::size_t lookups() const noexcept;
  /// How often a connect to `where` began; to anywhere.
  std::size_t connects(std::string_view where) const;
  std::size_t connects() const noexcept;
  /// Connections of which an end is open now.
  std::size_t open_connections() const noexcept;

 private:
  class impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace bight::testing
