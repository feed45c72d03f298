// connect: outgoing connections.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/net/address.hpp>
#include <bight/net/resolver.hpp>
#include <bight/net/stream.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace bight::net {

/// Decides whether an address may be connected to. Called with each resolved address right before the
/// connection attempt, including addresses that were given as literals. Empty: all addresses.
using connect_policy = std::function<bool(const endpoint&)>;

/// A policy that permits the addresses of the public Internet only (ip_address::is_public), against
/// server-side request forgery. Unix domain sockets are not permitted.
[[nodiscard]] bool public_only(const endpoint& where) noexcept;

/// One connection attempt of connect.
struct connect_attempt {
  endpoint address;
  clock::time_point start;
  /// Equal to `start` if the policy did not permit the address.
  clock::time_point end;
  /// Empty for the connection that was returned; operation_canceled for attempts that lost the race.
  boost::system::error_code error;
};

/// What connect did and when, for logs and metrics.
class connect_trace {
 public:
  connect_trace() {}

  std::optional<clock::time_point> lookup_start;
  std::optional<clock::time_point> lookup_end;
  /// The attempts that ended, in the order in which they started.
  std::vector<connect_attempt> attempts;
};

/// Options of connect. Not an aggregate, so that it is safe in co_await expressions.
class connect_options {
 public:
  connect_options() {}

  /// Time allowed per address.
  std::chrono::milliseconds attempt_timeout = std::chrono::seconds{10};
  /// Time after which the next address is tried while the earlier attempts continue (RFC 8305 section 5).
  /// An attempt that fails starts the next one immediately.
  std::chrono::milliseconds attempt_delay{250};
  /// Time allowed for the name lookup.
  std::chrono::nanoseconds lookup_timeout = forever;
  /// The addresses that may be connected to.
  connect_policy policy;
  /// Filled in as the operation proceeds. Must outlive it. Null: none.
  connect_trace* trace = nullptr;
};

/// Connects to `host`:`port` with Happy Eyeballs version 2 (RFC 8305); sets TCP_NODELAY.
///
/// The addresses of the host are tried in turn, IPv6 and IPv4 alternating, without waiting for a slow one to
/// fail; the first connection that is established wins, and the other attempts are cancelled. The resolver
/// remembers the family that won, with which the next connection to the host begins. Use `wait_for` to limit
/// the total time. Cancellation: immediate; leaves nothing open. Errors: those of `resolver::resolve`;
/// timeout_error after lookup_timeout; errc::address_not_allowed if the policy permits none of the addresses;
/// if all attempts fail, the error of the first. The text names the host, the port and the errors of all
/// addresses.
[[nodiscard]] awaitable<stream> connect(std::string_view host, std::uint16_t port,
                                        const connect_options& options = {});
/// Same with a given resolver.
[[nodiscard]] awaitable<stream> connect(resolver names, std::string_view host, std::uint16_t port,
                                        const connect_options& options = {});
/// Connects to an IP endpoint or a Unix domain socket (asyncio.open_unix_connection). Waits if the backlog of
/// a Unix domain socket is full. Cancellation: immediate; leaves nothing open. Errors: system_error, naming
/// the endpoint, as in "connect to unix:/run/app.sock: No such file or directory".
[[nodiscard]] awaitable<stream> connect(const endpoint& where);

}  // namespace bight::net
