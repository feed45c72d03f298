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
  /// Maximum number of connections that wait to be accepted.
  int backlog = 4096;
  /// Allow several listeners on the port, with connections distributed by the kernel (SO_REUSEPORT).
  bool reuse_port = false;
  /// Accept IPv4 connections on IPv6 addresses.
  bool dual_stack = true;
  /// Permissions of the file of a Unix domain socket, such as 0660; connecting requires write permission. -1:
  /// as given by the umask.
  int unix_permissions = -1;
  /// Remove the file of a Unix domain socket when the listener is closed, unless it has been replaced
  /// meanwhile.
  bool unlink_on_close = true;
};

/// The implementation of a listener. Derive from it to provide a custom transport.
/// Contracts: those of `listener`.
/// Lifetime: a listener may be destroyed while an `accept` waits or before it starts; the `accept` then ends
/// as after `close`.
class listener_backend {
 public:
  virtual ~listener_backend() = default;
  virtual awaitable<stream> accept() = 0;
  virtual endpoint local_endpoint() const = 0;
  virtual void close() noexcept = 0;
  /// Default: throws operation_not_supported.
  virtual int duplicate();
};

/// A listening TCP or Unix domain socket, or a fake one in tests (see network.hpp).
///
///     net::listener listener{net::endpoint{net::ip_address::loopback(), 8080}};
///     auto s = co_await listener.accept();
///
///     net::listener local{net::endpoint::unix_path("/run/app.sock")};
///
/// Concurrency: loop thread only, one `accept` at a time. Precondition: constructed while its loop runs.
class listener {
 public:
  /// Binds and listens; port 0 picks a free port. Replaces a stale Unix domain socket file, to which no
  /// socket is listening. Errors: system_error, naming the endpoint.
  explicit listener(const endpoint& where, const listen_options& options = {});
  explicit listener(std::unique_ptr<listener_backend> backend) noexcept : backend_(std::move(backend)) {}

  /// Takes ownership of a listening socket, as passed by a service manager (see activated_listeners). Does
  /// not remove a socket file. Errors: system_error with invalid_argument if it is not a listening stream
  /// socket; the caller then keeps the descriptor.
  static listener from_descriptor(int descriptor);

  /// Waits for the next connection and sets TCP_NODELAY. Waits instead of throwing while the process has no
  /// free descriptors; connections then stay in the backlog. Cancellation: no connection is lost; one that
  /// has just been accepted is returned by the next call.
  [[nodiscard]] awaitable<stream> accept() { return backend_->accept(); }
  /// The bound endpoint with the actual port; still available after `close`.
  endpoint local_endpoint() const { return backend_->local_endpoint(); }
  /// Stops listening. A pending `accept` throws operation_canceled, later ones errc::stream_closed.
  void close() noexcept { backend_->close(); }
  /// Returns a new descriptor of the listening socket, owned by the caller. With `from_descriptor`, another
  /// loop accepts connections from the same backlog; whichever loop is free first gets the next one. The
  /// socket stops listening when all its descriptors are closed. Errors: errc::stream_closed after `close`;
  /// system_error if there are no free descriptors; operation_not_supported if it is no plain socket.
  [[nodiscard]] int duplicate() { return backend_->duplicate(); }

 private:
  std::unique_ptr<listener_backend> backend_;
};

}  // namespace bight::net
