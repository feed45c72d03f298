// connect: outgoing connections.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/net/address.hpp>
#include <bight/net/resolver.hpp>
#include <bight/net/stream.hpp>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace bight::net {

/// Options of connect. Trivially copyable.
struct connect_options {
  /// Time allowed per address before the next one is tried.
  std::chrono::milliseconds attempt_timeout = std::chrono::seconds{10};
};

/// Connects to `host`:`port`, trying the addresses in turn; sets TCP_NODELAY. Use `wait_for` to limit the
/// total time. Cancellation: immediate; leaves nothing open. Errors: those of `resolver::resolve`; if all
/// addresses fail, the first error, with host and port in the text.
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
