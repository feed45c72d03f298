// connect: TCP connections by name, and connections to one endpoint.
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
  /// How long one address may take before the next one is tried.
  std::chrono::milliseconds attempt_timeout = std::chrono::seconds{10};
};

/// Connects to `host`:`port`, trying every address in turn; TCP_NODELAY is set.
/// Cancellation: at once; nothing is left open. Use `wait_for` for a limit on all of it.
/// Errors: those of `resolver::resolve`; when every address fails, the first failure, with host and port in
/// the text.
[[nodiscard]] awaitable<stream> connect(std::string_view host, std::uint16_t port,
                                        const connect_options& options = {});
/// The same with a resolver of one's own.
[[nodiscard]] awaitable<stream> connect(resolver names, std::string_view host, std::uint16_t port,
                                        const connect_options& options = {});
/// Connects to one address, or to a Unix domain socket (asyncio.open_unix_connection).
/// Cancellation: at once; nothing is left open. Errors: system_error, whose text names the endpoint, as in
/// "connect to unix:/run/app.sock: No such file or directory". A Unix domain socket whose backlog is full is
/// waited for.
[[nodiscard]] awaitable<stream> connect(const endpoint& where);

}  // namespace bight::net
