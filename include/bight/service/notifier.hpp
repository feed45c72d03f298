// service_notifier: tells systemd that the program is ready, alive or stopping.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace bight {

/// Sends the state of the program to systemd or a compatible service manager: the protocol of sd_notify(3),
/// without its library. service_host uses one; use it directly in programs that have no host.
///
///     bight::service_notifier manager;               // does nothing unless NOTIFY_SOCKET is set
///     co_await manager.send("READY=1\nSTATUS=serving");
///
/// Concurrency: one task at a time.
class service_notifier {
 public:
  /// Uses NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID of the environment. Malformed values are logged and
  /// ignored.
  service_notifier();
  /// `socket`: the path of a Unix datagram socket, or an abstract name that begins with '@'. Empty: sends
  /// nothing.
  explicit service_notifier(std::string_view socket, std::optional<clock::duration> watchdog = {});

  /// Whether there is a service manager to talk to.
  bool connected() const noexcept { return static_cast<bool>(socket_); }
  /// If set, the manager expects "WATCHDOG=1" at least this often; send it twice as often.
  std::optional<clock::duration> watchdog() const noexcept { return watchdog_; }

  /// Sends assignments, separated by line breaks, as one datagram. Waits up to 5 s while the queue of the
  /// manager is full. Returns whether it was sent; failures are logged. Cancellation: immediate; nothing was
  /// sent then.
  awaitable<bool> send(std::string assignments);
  /// "RELOADING=1" with the time stamp that systemd requires. Send "READY=1" when the reload is complete.
  awaitable<bool> send_reloading();

 private:
  void connect(std::string_view socket);

  detail::unique_fd socket_;
  std::optional<clock::duration> watchdog_;
};

}  // namespace bight
