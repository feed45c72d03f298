#include <bight/http/reconnecting_websocket.hpp>

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/sleep.hpp>
#include <bight/http/websocket_error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace bight::http {

using boost::system::system_error;

reconnecting_websocket::reconnecting_websocket(connector connect, backoff delays)
    : connect_(std::move(connect)), delays_(std::move(delays)) {}

reconnecting_websocket::~reconnecting_websocket() = default;

backoff reconnecting_websocket::default_delays() {
  backoff delays{std::chrono::milliseconds{500}, std::chrono::seconds{30}};
  delays.jitter(0.5);
  return delays;
}

awaitable<void> reconnecting_websocket::require_connection() {
  if (socket_.valid()) co_return;
  if (failures_ != 0) co_await sleep(delays_.delay(failures_));
  failures_ = std::min(failures_ + 1, 1000U);  // until a message says otherwise
  auto opening = connect_().connect();
  auto fresh = co_await std::move(opening);
  ++connects_;
  socket_ = std::move(fresh);
  if (!greet_) co_return;
  auto work = greet_(socket_);
  co_await std::move(work);
}

awaitable<std::optional<websocket_message>> reconnecting_websocket::receive_once() {
  co_await require_connection();
  if (closed_) co_return std::nullopt;
  auto message = co_await socket_.receive();
  // Not 0: a server that greets and then closes must not be asked again without a pause.
  if (message) failures_ = 1;
  co_return message;
}

awaitable<std::optional<websocket_message>> reconnecting_websocket::receive() {
  constexpr std::uint16_t normal = 1000;
  while (!closed_) {
    try {
      auto message = co_await receive_once();
      if (message) co_return message;
      const auto code = socket_.valid() ? socket_.close_code() : normal;
      socket_ = websocket{};
      if (code == normal) co_return std::nullopt;
    } catch (const system_error& e) {
      socket_ = websocket{};
      if (e.code() != transient && !closed_) throw;
    }
  }
  co_return std::nullopt;
}

websocket& reconnecting_websocket::current() {
  constexpr std::uint16_t abnormal = 1006;
  if (!socket_.valid()) throw websocket_closed(abnormal, {}, "not connected");
  return socket_;
}

awaitable<void> reconnecting_websocket::send(std::string_view text) { co_await current().send(text); }
awaitable<void> reconnecting_websocket::send(const websocket_message& message) {
  co_await current().send(message);
}

awaitable<void> reconnecting_websocket::close(std::uint16_t code, std::string_view reason) {
  closed_ = true;
  if (socket_.valid()) co_await socket_.close(code, reason);
}

}  // namespace bight::http
