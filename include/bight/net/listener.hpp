// listener: accepts TCP and Unix domain connections.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/loop.hpp>
#include <bight/net/address.hpp>
#include <bight/net/stream.hpp>
#include <memory>
#include <utility>

namespace bight::net {

/// Options of a listener. Trivially copyable.
struct listen_options {
  /// Connections that the kernel keeps until they are accepted.
  int backlog = 4096;
  /// Several listeners may share the port, and the kernel spreads connections over them (SO_REUSEPORT).
  bool reuse_port = false;
  /// Accept IPv4 connections on an IPv6 address, too.
  bool dual_stack = true;
  /// Permissions of the file of a Unix domain socket, as in 0660: who may write to it may connect. -1: what
  /// the umask leaves.
  int unix_permissions = -1;
  /// The file of a Unix domain socket goes when the listener is closed, unless somebody has put another one
  /// in its place.
  bool unlink_on_close = true;
};

/// What accepts the connections of a listener: implement it to adapt a transport of your own.
/// Contracts: those of `listener`.
/// Lifetime: a listener may be destroyed while an `accept` waits, or before one begins, which then end as
/// after `close`.
class listener_backend {
 public:
  virtual ~listener_backend() = default;
  virtual awaitable<stream> accept() = 0;
  virtual endpoint local_endpoint() const = 0;
  virtual void close() noexcept = 0;
};

/// A listening TCP or Unix domain socket, or what stands for one in a test (see network.hpp).
///
///     net::listener listener{net::endpoint{net::ip_address::loopback(), 8080}};
///     auto s = co_await listener.accept();
///
///     net::listener local{net::endpoint::unix_path("/run/app.sock")};
///
/// Concurrency: loop thread only, one `accept` at a time. Must be made while its loop runs.
class listener {
 public:
  /// Binds and listens; port 0 picks a free one. The file of a Unix domain socket that nobody listens on any
  /// more is replaced; "address already in use" if somebody does. Throws system_error naming the endpoint.
  explicit listener(const endpoint& where, const listen_options& options = {});
  explicit listener(std::unique_ptr<listener_backend> backend) noexcept : backend_(std::move(backend)) {}

  /// Takes over a socket that listens already, as a service manager hands it over (see activated_listeners).
  /// It is closed with the listener; a socket file stays. Errors: system_error, invalid_argument if it is no
  /// listening stream socket; the descriptor is the caller's then.
  static listener from_descriptor(int descriptor);

  /// The next connection, TCP_NODELAY set. While the process is out of descriptors it waits instead of
  /// throwing, so that the backlog holds the peers back.
  /// Cancellation: no connection is lost; one that was accepted in that turn is kept for the next call.
  [[nodiscard]] awaitable<stream> accept() { return backend_->accept(); }
  /// Where it listens, or did before it was closed, with the port that was picked.
  endpoint local_endpoint() const { return backend_->local_endpoint(); }
  /// Stops listening. An `accept` in flight throws operation_canceled, a later one errc::stream_closed.
  void close() noexcept { backend_->close(); }

 private:
  std::unique_ptr<listener_backend> backend_;
};

}  // namespace bight::net
