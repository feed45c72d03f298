// Feeds a WebSocket receiver the way a driver does and writes down what it said, to compare different splits
// of one input; and frames made by hand.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "http/websocket/receiver.hpp"

namespace bight::http::ws {

/// Reads `input` in pieces of `split` bytes, each in memory of its own size, and returns one line per event.
inline std::string transcript(receiver& in, std::string_view input, std::size_t split) {
  std::string said;
  while (!input.empty()) {
    const auto size = std::min(split, input.size());
    const std::unique_ptr<char[]> piece(new char[size]);
    std::memcpy(piece.get(), input.data(), size);
    input.remove_prefix(size);
    std::span<char> rest{piece.get(), size};
    while (true) {
      const auto step = in.feed(rest);
      rest = rest.subspan(step.consumed);
      if (step.what == receiver::event::message)
        said.append(in.is_text() ? "text:" : "binary:").append(in.take_message()).append("\n");
      if (step.what == receiver::event::ping) said.append("ping:").append(in.payload()).append("\n");
      if (step.what == receiver::event::pong) said.append("pong:").append(in.payload()).append("\n");
      if (step.what == receiver::event::close)
        said.append("close:")
            .append(std::to_string(in.close_code()))
            .append(" ")
            .append(in.close_reason())
            .append("\n");
      if (step.what == receiver::event::error)
        return said.append("error:")
            .append(std::to_string(in.failure().code))
            .append(" ")
            .append(in.failure().rule);
      if (step.what == receiver::event::need_input) break;
    }
  }
  return said;
}

/// A frame with any first byte. `key`: masked with it if not empty.
inline std::string frame(unsigned first, std::string_view payload, std::string_view key = "K3y!") {
  std::string out;
  frame_head head;
  head.masked = !key.empty();
  if (head.masked) std::memcpy(head.key.data(), key.data(), head.key.size());
  append_frame(out, head, payload);
  out[0] = static_cast<char>(first);
  return out;
}

inline std::string close_payload(unsigned code, std::string_view reason = {}) {
  std::string out;
  out += static_cast<char>(code >> 8U);
  out += static_cast<char>(code & 0xffU);
  return out.append(reason);
}

}  // namespace bight::http::ws
