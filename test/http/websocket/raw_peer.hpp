// The other end of a WebSocket, by hand.
#pragma once
#include <array>
#include <bight/core/awaitable.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/websocket.hpp>
#include <bight/net/memory_stream.hpp>
#include <bight/net/stream.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "http/websocket/frame.hpp"
#include "http/websocket/receiver.hpp"
#include "transcript.hpp"

namespace bight::http::ws {

/// Plays `self` on one end of a pipe whose other end is a websocket.
class raw_peer {
 public:
  raw_peer(net::stream s, side self) : stream_(std::move(s)), in_(self, receive_limits{}), self_(self) {}

  awaitable<void> write(std::string bytes) { co_await stream_.write(std::string_view{bytes}); }
  /// A frame with this first byte, masked as its side requires.
  awaitable<void> write_frame(unsigned first, std::string payload) {
    co_await write(frame(first, payload, self_ == side::client ? "K3y!" : ""));
  }
  awaitable<void> write_close(unsigned code, std::string reason = {}) {
    co_await write_frame(0x88, close_payload(code, reason));
  }
  /// The next event, as a transcript has it: "text:hello"; "end" at the end of the connection, "reset" if it
  /// was reset.
  awaitable<std::string> next() {
    while (true) {
      const auto step = in_.feed(std::span{buffer_}.subspan(begin_, end_ - begin_));
      begin_ += step.consumed;
      if (step.what != receiver::event::need_input) co_return describe(step.what);
      begin_ = end_ = 0;
      try {
        end_ = co_await stream_.read_some(std::as_writable_bytes(std::span{buffer_}));
      } catch (const boost::system::system_error&) { co_return "reset"; }
      if (end_ == 0) co_return "end";
    }
  }
  net::stream& stream() noexcept { return stream_; }

 private:
  std::string describe(receiver::event what) {
    switch (what) {
      case receiver::event::message:
        return (in_.is_text() ? "text:" : "binary:") + in_.take_message();
      case receiver::event::ping:
        return "ping:" + std::string{in_.payload()};
      case receiver::event::pong:
        return "pong:" + std::string{in_.payload()};
      case receiver::event::close:
        return "close:" + std::to_string(in_.close_code()) + " " + std::string{in_.close_reason()};
      default:
        return std::string{"error:"} + in_.failure().rule;
    }
  }

  net::stream stream_;
  receiver in_;
  side self_;
  std::array<char, 4096> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace bight::http::ws
