// network: replaces the operating system below connect, listener and resolver.
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

/// The layer below `net::connect`, `net::listener` and `net::resolver`: by default the operating system, or
/// the network that was set with network_scope, such as `bight::testing::fake_network` or a proxy.
///
/// Caching, address ordering, `attempt_timeout`, TLS and HTTP work on top of it unchanged.
/// Lifetime: connect and resolver keep the network alive during an operation; its streams and listeners may
/// outlive it. Concurrency: the tasks that use it.
class network {
 public:
  virtual ~network() = default;
  /// Returns the addresses of `host`, best first; if there is none, the caller gets errc::host_not_found.
  /// `host` is in lower case and not an IP literal. Resolvers cache the result, and a system_error for
  /// `negative_ttl`; its code is passed to the caller.
  virtual awaitable<std::vector<ip_address>> resolve(std::string host) = 0;
  /// Connects to one address. Cancelled when it exceeds the timeout. Errors: system_error, naming the
  /// address.
  virtual awaitable<stream> connect(endpoint where) = 0;
  /// Listens on `where`. Errors: system_error, naming the address.
  virtual std::unique_ptr<listener_backend> listen(const endpoint& where, const listen_options& options) = 0;
};

/// The network of the current task; null for the operating system.
std::shared_ptr<network> current_network();

/// Makes the current task, and tasks that it spawns during the scope, use the network `n`, or the operating
/// system if null. The destructor restores the previous network of the task; tasks spawned inside, and
/// existing listeners and streams, keep theirs.
///
///     net::network_scope inside{network};
///     auto s = co_await net::connect("example.org", 80);      // asks `network`
///
/// Resolvers cache the answers of a network: use a resolver or http::client that was created inside the
/// scope. Errors: errc::wrong_loop outside of a task.
class [[nodiscard("the destructor restores the previous network")]] network_scope {
 public:
  explicit network_scope(std::shared_ptr<network> n);
  network_scope(const network_scope&) = delete;
  network_scope& operator=(const network_scope&) = delete;

 private:
  task_local<std::shared_ptr<network>>::scope scope_;
};

}  // namespace bight::net
