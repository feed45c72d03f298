#include <bight/net/connect.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/network.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "net/detail/convert.hpp"
#include "net/detail/plain_stream.hpp"

namespace bight::net {

using boost::system::error_code;
using boost::system::system_error;

namespace {

// A socket that was not handed on is closed at once, not when the last reference to its operation goes.
class close_on_failure {
 public:
  explicit close_on_failure(detail::socket_state& s) noexcept : state_(&s) {}
  close_on_failure(const close_on_failure&) = delete;
  close_on_failure& operator=(const close_on_failure&) = delete;
  ~close_on_failure() { state_->close(); }

 private:
  detail::socket_state* state_;
};

using state_ptr = boost::intrusive_ptr<detail::socket_state>;

// To connect to a Unix domain socket never waits, unless its backlog is full; and then there is nothing that
// the kernel would tell when there is room.
awaitable<void> connect_unix(state_ptr state, detail::generic_endpoint at) {
  constexpr std::chrono::milliseconds longest{50};
  auto& socket = *state->socket;
  error_code ec;
  socket.open(at.protocol(), ec);
  if (!ec) socket.native_non_blocking(true, ec);
  std::chrono::milliseconds pause{1};
  while (!ec) {
    if (::connect(socket.native_handle(), at.data(), static_cast<socklen_t>(at.size())) == 0) co_return;
    const int code = errno;
    if (code == EAGAIN)
      co_await sleep(std::exchange(pause, std::min(2 * pause, longest)));
    else if (code != EINTR)
      ec = error_code{code, boost::system::system_category()};
  }
  throw system_error(ec, "connect to " + detail::from_asio(at).to_string());
}

awaitable<stream> connect_to(endpoint where) {
  if (const auto elsewhere = current_network()) co_return co_await elsewhere->connect(where);
  const auto at = detail::to_asio(where);
  const state_ptr state{new detail::socket_state(detail::stream_socket{detail::loop_executor()})};
  auto& s = *state;
  const close_on_failure otherwise{s};
  if (where.is_unix()) {
    co_await connect_unix(state, at);
    co_return stream{std::make_unique<detail::plain_stream>(std::move(*s.socket))};
  }
  auto start = [&](detail::io_handler h) { s.socket->async_connect(at, std::move(h)); };
  auto cancel = [&] {
    error_code ignored;
    s.socket->cancel(ignored);
  };
  detail::io_operation op{"net::connect", s, s.writing, start, cancel};
  const auto outcome = co_await op;
  if (outcome.error) throw system_error(outcome.error, "connect to " + where.to_string());
  co_return stream{std::make_unique<detail::plain_stream>(std::move(*s.socket))};
}

awaitable<stream> connect_any(resolver names, std::string host, std::uint16_t port, connect_options options) {
  const auto addresses = co_await names.resolve(host);
  std::optional<error_code> first_failure;
  for (const auto& a : addresses) {
    try {
      const endpoint where{a, port};
      co_return co_await wait_for(connect_to(where), options.attempt_timeout);
    } catch (const system_error& e) {
      if (!first_failure) first_failure = e.code();
    }
  }
  const bool six = host.find(':') != host.npos;
  auto text = "connect to " + (six ? '[' + host + ']' : host) + ':' + std::to_string(port);
  if (addresses.size() > 1) text += " (" + std::to_string(addresses.size()) + " addresses)";
  throw system_error(*first_failure, text);
}

}  // namespace

awaitable<stream> connect(const endpoint& where) { return connect_to(where); }

awaitable<stream> connect(resolver names, std::string_view host, std::uint16_t port,
                          const connect_options& options) {
  return connect_any(std::move(names), std::string{host}, port, options);
}

awaitable<stream> connect(std::string_view host, std::uint16_t port, const connect_options& options) {
  return connect(resolver{}, host, port, options);
}

}  // namespace bight::net
