// The receiving side of a WebSocket: bytes in, messages and control frames out. Sans-I/O.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "http/websocket/deflate.hpp"
#include "http/websocket/frame.hpp"
#include "http/websocket/utf8_checker.hpp"

namespace bight::http::ws {

struct receive_limits {
  std::uint64_t max_message = 16U << 20U;    ///< As sent, compressed or not.
  std::uint64_t max_inflated = 16U << 20U;   ///< After decompression.
  std::uint32_t max_fragments = 128 * 1024;  ///< Frames of a message.
};

/// Why a connection must fail: a close code, and the rule that was violated.
struct failure {
  std::uint16_t code = 0;
  const char* rule = "";
  std::uint64_t limit = 0;  ///< If a limit was exceeded.

  std::string text() const {
    std::string all = rule;
    if (limit != 0) all += " (limit " + std::to_string(limit) + ")";
    return all;
  }
};

class receiver {
 public:
  enum class event : std::uint8_t { need_input, message, ping, pong, close, error };
  struct step {
    event what = event::need_input;
    std::size_t consumed = 0;
  };

  /// `self`: which side this is. `inflate`: for permessage-deflate, if it was negotiated.
  receiver(side self, const receive_limits& limits, std::unique_ptr<inflater> inflate = nullptr) noexcept
      : limits_(limits), inflater_(std::move(inflate)), self_(self) {}

  /// Takes input up to the next event; unmasks it in place. An invalid frame is reported as early as
  /// possible, also in the middle of its payload. After `close`, input is dropped; after `error`, it remains
  /// an error.
  step feed(std::span<char> input);

  /// After `message`.
  bool is_text() const noexcept { return text_; }
  std::string take_message() noexcept { return std::exchange(message_, {}); }
  /// After `ping` and `pong`, until the next call.
  std::string_view payload() const noexcept { return {control_.data(), control_size_}; }
  /// After `close`: 1005 if the frame has no code.
  std::uint16_t close_code() const noexcept { return close_code_; }
  std::string_view close_reason() const noexcept { return payload().substr(control_size_ < 2 ? 0 : 2); }
  /// After `error`.
  const ws::failure& failure() const noexcept { return failure_; }
  /// Whether a frame or a message has begun and is not complete.
  bool in_message() const noexcept { return in_message_ || in_payload_ || head_size_ != 0; }
  /// Whether a message has begun that is compressed.
  bool inflating() const noexcept { return in_message_ && compressed_; }

 private:
  std::size_t read_head(std::span<const char> input);
  bool check_first_byte();
  bool check_second_byte();
  bool read_length();
  bool begin_payload();
  bool begin_data();
  bool take_payload(std::span<char> piece);
  bool take_data(std::span<char> piece);
  bool take_text(std::size_t from);
  event end_frame();
  event end_message();
  event end_close();
  bool fail(std::uint16_t code, const char* rule, std::uint64_t limit = 0) noexcept;
  bool inflate(std::string_view piece, bool last);

  receive_limits limits_;
  std::unique_ptr<inflater> inflater_;
  std::string message_;
  ws::failure failure_;
  std::uint64_t left_ = 0;       // of the payload
  std::uint64_t wire_size_ = 0;  // of the message
  std::uint32_t fragments_ = 0;
  utf8_checker utf8_;
  frame_head frame_;
  std::uint16_t close_code_ = 0;
  side self_;
  std::uint8_t head_size_ = 0;
  std::uint8_t head_need_ = 2;
  std::uint8_t control_size_ = 0;
  bool in_payload_ = false;
  bool in_message_ = false;
  bool text_ = false;
  bool compressed_ = false;
  bool closed_ = false;
  std::array<char, max_frame_head> head_{};
  std::array<char, max_control_payload> control_{};
};

}  // namespace bight::http::ws
