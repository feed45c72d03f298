#include <bight/http/websocket.hpp>

#include <utility>

#include "http/websocket/connection.hpp"

namespace bight::http {

using ws::opcode;

websocket& websocket::operator=(websocket&& other) noexcept {
  if (this == &other) return *this;
  if (connection_) connection_->abort();
  connection_ = std::move(other.connection_);
  return *this;
}

websocket::~websocket() {
  if (connection_) connection_->abort();
}

websocket::receive_awaiter websocket::receive() noexcept { return receive_awaiter{*connection_}; }

awaitable<void> websocket::send(std::string_view text) {
  return ws::connection::send(connection_, opcode::text, text);
}
awaitable<void> websocket::send(std::span<const std::byte> data) {
  return ws::connection::send(connection_, opcode::binary,
                              {reinterpret_cast<const char*>(data.data()), data.size()});
}
awaitable<void> websocket::send(const websocket_message& message) {
  return ws::connection::send(connection_, message.is_text() ? opcode::text : opcode::binary, message.data);
}
awaitable<std::chrono::nanoseconds> websocket::ping(std::string payload) {
  return ws::connection::ping(connection_, std::move(payload));
}
awaitable<void> websocket::close(std::uint16_t code, std::string_view reason) {
  return ws::connection::close(connection_, code, std::string{reason});
}
void websocket::abort() noexcept { connection_->abort(); }

bool websocket::is_open() const noexcept { return connection_->is_open(); }
std::optional<std::uint16_t> websocket::close_code() const noexcept {
  if (!connection_->ended()) return std::nullopt;
  return connection_->close_code();
}
std::string_view websocket::close_reason() const noexcept { return connection_->close_reason(); }
std::string_view websocket::subprotocol() const noexcept { return connection_->subprotocol(); }
bool websocket::compresses() const noexcept { return connection_->compresses(); }
std::optional<std::chrono::nanoseconds> websocket::latency() const noexcept { return connection_->latency(); }
std::size_t websocket::queued() const noexcept { return connection_->queued(); }
net::connection_info websocket::connection() const { return connection_->info(); }

websocket make_websocket(net::stream connection, websocket_side self, const websocket_options& options) {
  ws::connection_setup setup;
  setup.self = self == websocket_side::client ? ws::side::client : ws::side::server;
  setup.options = options;
  setup.options.deflate.reset();
  return websocket{ws::connection::start(std::move(connection), std::move(setup))};
}

// A message stays in the queue until the task that waited for it runs.
websocket::receive_awaiter::~receive_awaiter() {
  if (suspended() && waits_) connection_->end_receiving();
  report_unless_awaited();
}
bool websocket::receive_awaiter::ready() {
  connection_->require_sole_receiver();
  return connection_->has_next();
}
void websocket::receive_awaiter::park() {
  connection_->begin_receiving(*this);
  waits_ = true;
}
bool websocket::receive_awaiter::unpark() noexcept {
  connection_->end_receiving();
  waits_ = false;
  return true;
}
std::optional<websocket_message> websocket::receive_awaiter::result() {
  if (std::exchange(waits_, false)) connection_->end_receiving();
  return connection_->next();
}

}  // namespace bight::http
