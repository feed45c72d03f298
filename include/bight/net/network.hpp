// network: what connect, listener and resolver ask.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/task_local.hpp>
#include <bight/net/address.hpp>
#include <bight/net/listener.hpp>
#include <bight/net/stream.hpp>
#include <memory>
#include <string>
#include <vector>

namespace bight::net {

/// What `net::connect`, `net::listener` and `net::resolver` ask: the operating system, unless the task has
/// another one (see network_scope). `bight::testing::fake_network` is one; a proxy could be another.
///
/// Caches, the order of addresses, `attempt_timeout`, TLS and all that HTTP does run on top of it unchanged.
/// Lifetime: connect and resolver hold the network until it has answered; streams and listeners that it made
/// may outlive it. Concurrency: the tasks that have it.
class network {
 public:
  virtual ~network() = default;
  /// Every address of `host`, best first. `host` is no IP literal, and in lower case; resolvers ask once and
  /// keep the answer. None: errc::host_not_found. A system_error is kept for `negative_ttl`, and its code is
  /// the caller's.
  virtual awaitable<std::vector<ip_address>> resolve(std::string host) = 0;
  /// Connects to one address. Errors: system_error, whose text names the address. A connect that takes too
  /// long is cancelled.
  virtual awaitable<stream> connect(endpoint where) = 0;
  /// Listens on `where`. Errors: system_error, whose text names the address.
  virtual std::unique_ptr<listener_backend> listen(const endpoint& where, const listen_options& options) = 0;
};

/// The network of the running task; null for the operating system.
std::shared_ptr<network> current_network();

/// Lets the running task, and every task that it spawns meanwhile, use `n` instead of the operating system;
/// null for the operating system again. Undone when destroyed, in the task that made it. Tasks that were
/// spawned inside keep it. A listener or stream that was made inside stays what it is.
///
///     net::network_scope inside{network};
///     auto s = co_await net::connect("example.org", 80);      // asks `network`
///
/// A resolver keeps what it was told by one network for all who ask it: inside, use a resolver, or an
/// http::client, that was made inside. Errors: errc::wrong_loop outside of a task.
class [[nodiscard("the network is the former one when the scope is gone")]] network_scope {
 public:
  explicit network_scope(std::shared_ptr<network> n);
  network_scope(const network_scope&) = delete;
  network_scope& operator=(const network_scope&) = delete;

 private:
  task_local<std::shared_ptr<network>>::scope scope_;
};

}  // namespace bight::net
