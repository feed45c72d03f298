#include "session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <variant>

namespace ws {

using std::chrono::nanoseconds;

namespace {

double milliseconds_of(nanoseconds d) { return static_cast<double>(d.count()) / 1e6; }

void print_note(const std::string& text) { fmt::print(stderr, "bight-ws: {}\n", text); }

}  // namespace

void ping_statistics::received(nanoseconds round_trip) noexcept {
  least_ = received_ == 0 ? round_trip : std::min(least_, round_trip);
  most_ = std::max(most_, round_trip);
  sum_ += round_trip;
  ++received_;
}

void ping_statistics::print() const {
  auto text = fmt::format("{} pings, {} answered", sent_, received_);
  if (received_ != 0) {
    const auto mean = sum_ / static_cast<nanoseconds::rep>(received_);
    text += fmt::format(", round trip {:.3f}/{:.3f}/{:.3f} ms (min/mean/max)", milliseconds_of(least_),
                        milliseconds_of(mean), milliseconds_of(most_));
  }
  print_note(text);
}

bight::awaitable<void> session::connect() {
  auto request = client_.websocket(settings_->url);
  request.headers(settings_->headers).options(settings_->socket);
  for (const auto& name : settings_->subprotocols) request.subprotocol(name);
  socket_ = co_await std::move(request);
  if (!settings_->verbose) co_return;
  auto text = "connected to " + settings_->url.redacted();
  if (!socket_.subprotocol().empty()) text.append(", subprotocol ").append(socket_.subprotocol());
  if (socket_.compresses()) text += ", compressed";
  print_note(text);
}

bight::awaitable<session::end> session::receive_all() {
  std::uint64_t count = 0;
  auto message = co_await socket_.receive();
  while (message) {
    last_message_ = bight::clock::now();
    message->data += '\n';
    co_await out_.write(message->data);
    if (++count == settings_->max_messages) co_return end::enough_messages;
    message = co_await socket_.receive();
  }
  co_return end::closed_by_peer;
}

// What the peer answers to the last lines is still to come.
bight::awaitable<void> session::until_silent() {
  last_message_ = bight::clock::now();
  while (true) {
    const auto left = last_message_ + settings_->wait - bight::clock::now();
    if (left <= nanoseconds::zero()) co_return;
    co_await bight::sleep(left);
  }
}

// That the connection has ended is for `receive_all` to say.
bight::awaitable<session::end> session::until_ended(bight::awaitable<end> work) {
  try {
    co_return co_await std::move(work);
  } catch (const http::websocket_closed&) {}
  co_await bight::sleep(bight::forever);
  co_return end::closed_by_peer;
}

bight::awaitable<session::end> session::send_lines() {
  if (settings_->no_input) co_await bight::sleep(bight::forever);
  constexpr std::size_t max_line = 16U << 20U;
  auto in = bight::fs::standard_input();
  bight::line_reader lines{in, max_line};
  auto line = co_await lines.next();
  while (line) {
    const auto kind =
        settings_->binary ? http::websocket_message::kind::binary : http::websocket_message::kind::text;
    const http::websocket_message message{std::move(*line), kind};
    co_await socket_.send(message);
    line = co_await lines.next();
  }
  co_await until_silent();
  co_return end::input_ended;
}

bight::awaitable<session::end> session::wait_for_signal() {
  bight::signals asked_to_end{SIGINT, SIGTERM};
  signal_ = co_await asked_to_end.next();
  co_return end::interrupted;
}

bight::awaitable<session::end> session::ping_regularly() {
  while (true) {
    co_await bight::sleep(settings_->ping.value_or(bight::forever));
    pings_.sent();
    const auto round_trip = co_await socket_.ping();
    pings_.received(round_trip);
    if (settings_->verbose) print_note(fmt::format("pong after {:.3f} ms", milliseconds_of(round_trip)));
  }
}

bight::awaitable<session::end> session::talk() {
  const auto first = co_await bight::race(receive_all(), until_ended(send_lines()),
                                          until_ended(ping_regularly()), wait_for_signal());
  co_return std::visit([](end e) { return e; }, first);
}

bight::awaitable<int> session::run() {
  co_await connect();
  std::exception_ptr failure;
  auto how = end::closed_by_peer;
  try {
    how = co_await talk();
  } catch (const std::exception&) { failure = std::current_exception(); }
  if (socket_.is_open()) co_await socket_.close(1000);
  co_await out_.flush();
  if (settings_->ping) pings_.print();
  if (settings_->verbose && socket_.close_code()) {
    auto text = fmt::format("closed with code {}", *socket_.close_code());
    if (!socket_.close_reason().empty()) text.append(": ").append(socket_.close_reason());
    print_note(text);
  }
  if (failure) std::rethrow_exception(failure);
  co_return how == end::interrupted ? 128 + signal_ : 0;
}

}  // namespace ws
