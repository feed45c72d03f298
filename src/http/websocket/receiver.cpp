#include "http/websocket/receiver.hpp"

#include <algorithm>
#include <cstring>

#include "http/websocket/close_code.hpp"

namespace bight::http::ws {
namespace {

constexpr unsigned byte_at(const std::array<char, max_frame_head>& head, std::size_t i) noexcept {
  return static_cast<unsigned char>(head[i]);
}

}  // namespace

bool receiver::fail(std::uint16_t code, const char* rule, std::uint64_t limit) noexcept {
  failure_ = {code, rule, limit};
  return false;
}

receiver::step receiver::feed(std::span<char> input) {
  std::size_t used = 0;
  if (failure_.code != 0) return {event::error, 0};
  while (!closed_) {
    if (!in_payload_) {
      used += read_head(input.subspan(used));
      if (failure_.code != 0) return {event::error, used};
      if (!in_payload_) return {event::need_input, used};
    }
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - used));
    const auto piece = input.subspan(used, n);
    used += n;
    if (!take_payload(piece)) return {event::error, used};
    if (left_ != 0) return {event::need_input, used};
    in_payload_ = false;
    const auto what = end_frame();
    if (what != event::need_input) return {what, used};
  }
  return {event::need_input, input.size()};
}

// Each byte is checked as soon as it is there.
std::size_t receiver::read_head(std::span<const char> input) {
  std::size_t used = 0;
  while (used != input.size()) {
    const auto n = std::min<std::size_t>(head_need_ - head_size_, input.size() - used);
    std::memcpy(head_.data() + head_size_, input.data() + used, n);
    const bool had_first = head_size_ != 0;
    head_size_ = static_cast<std::uint8_t>(head_size_ + n);
    used += n;
    if (!had_first && !check_first_byte()) return used;
    if (head_size_ != head_need_) return used;
    if (head_need_ == 2) {
      if (!check_second_byte()) return used;
      if (head_need_ != 2) continue;
    }
    if (read_length()) begin_payload();
    head_size_ = 0;
    head_need_ = 2;
    return used;
  }
  return used;
}

bool receiver::check_first_byte() {
  const auto first = byte_at(head_, 0);
  const auto code = first & 0x0fU;
  frame_.fin = (first & 0x80U) != 0;
  frame_.compressed = (first & 0x40U) != 0;
  frame_.code = static_cast<opcode>(code);
  if ((first & 0x30U) != 0) return fail(code::protocol_error, "reserved bits are set");
  if ((code > 2 && code < 8) || code > 10) return fail(code::protocol_error, "reserved opcode");
  const bool begins = frame_.code == opcode::text || frame_.code == opcode::binary;
  if (frame_.compressed && (!inflater_ || !begins))
    return fail(code::protocol_error, "RSV1 is set where nothing is compressed");
  if (is_control(frame_.code)) return frame_.fin || fail(code::protocol_error, "fragmented control frame");
  if (begins && in_message_) return fail(code::protocol_error, "new message inside a fragmented message");
  if (!begins && !in_message_) return fail(code::protocol_error, "continuation without a message");
  return true;
}

bool receiver::check_second_byte() {
  const auto second = byte_at(head_, 1);
  const auto length = second & 0x7fU;
  frame_.masked = (second & 0x80U) != 0;
  if (frame_.masked != (self_ == side::server))
    return fail(code::protocol_error,
                frame_.masked ? "masked frame from a server" : "unmasked frame from a client");
  if (is_control(frame_.code) && length > max_control_payload)
    return fail(code::protocol_error, "control frame longer than 125 bytes");
  head_need_ = static_cast<std::uint8_t>(2 +
                                         (length == 126   ? 2
                                          : length == 127 ? 8
                                                          : 0) +
                                         (frame_.masked ? sizeof(mask_key) : 0));
  return true;
}

bool receiver::read_length() {
  const auto form = byte_at(head_, 1) & 0x7fU;
  const std::size_t bytes = form == 126 ? 2 : form == 127 ? 8 : 0;
  std::uint64_t size = bytes == 0 ? form : 0;
  for (std::size_t i = 0; i != bytes; ++i) size = size << 8U | byte_at(head_, 2 + i);
  if (form == 127 && size >> 63U != 0)
    return fail(code::protocol_error, "frame length with the highest bit set");
  if ((form == 126 && size < 126) || (form == 127 && size <= 0xffff))
    return fail(code::protocol_error, "frame length not in its shortest form");
  if (frame_.masked) std::memcpy(frame_.key.data(), head_.data() + 2 + bytes, frame_.key.size());
  frame_.size = left_ = size;
  return true;
}

bool receiver::begin_payload() {
  if (is_control(frame_.code))
    control_size_ = 0;
  else if (!begin_data())
    return false;
  in_payload_ = true;
  return true;
}

bool receiver::begin_data() {
  if (frame_.code != opcode::continuation) {
    in_message_ = true;
    text_ = frame_.code == opcode::text;
    compressed_ = frame_.compressed;
    message_.clear();
    utf8_.reset();
    wire_size_ = 0;
    fragments_ = 0;
  }
  if (++fragments_ > limits_.max_fragments)
    return fail(code::too_big, "too many fragments", limits_.max_fragments);
  // Nothing is allocated for what is only announced.
  const auto most = compressed_ ? limits_.max_message : std::min(limits_.max_message, limits_.max_inflated);
  if (frame_.size > most || wire_size_ > most - frame_.size)
    return fail(code::too_big, "message too large", most);
  wire_size_ += frame_.size;
  return true;
}

// In pieces that stay in the first-level cache between the passes over them.
bool receiver::take_payload(std::span<char> piece) {
  constexpr std::size_t at_once = 8 * 1024;
  while (!piece.empty()) {
    const auto part = piece.first(std::min(piece.size(), at_once));
    piece = piece.subspan(part.size());
    if (frame_.masked) apply_mask(part, frame_.key, static_cast<std::size_t>((frame_.size - left_) % 4));
    left_ -= part.size();
    if (is_control(frame_.code)) {
      std::memcpy(control_.data() + control_size_, part.data(), part.size());
      control_size_ = static_cast<std::uint8_t>(control_size_ + part.size());
    } else if (!take_data(part)) {
      return false;
    }
  }
  return true;
}

bool receiver::take_data(std::span<char> piece) {
  if (compressed_) return inflate({piece.data(), piece.size()}, false);
  const auto from = message_.size();
  // What has begun to come is a better promise than its head.
  if (from == 0)
    message_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(frame_.size, 128U << 10U)));
  message_.append(piece.data(), piece.size());
  return take_text(from);
}

bool receiver::take_text(std::size_t from) {
  if (!text_ || utf8_.feed(std::string_view{message_}.substr(from))) return true;
  return fail(code::invalid_payload, "text is not UTF-8");
}

bool receiver::inflate(std::string_view piece, bool last) {
  const auto from = message_.size();
  switch (inflater_->inflate(piece, last, message_, limits_.max_inflated)) {
    case inflater::result::ok:
      return take_text(from);
    case inflater::result::malformed:
      return fail(code::invalid_payload, "invalid compressed data");
    case inflater::result::too_large:
      return fail(code::too_big, "message too large after decompression", limits_.max_inflated);
  }
  return false;
}

receiver::event receiver::end_frame() {
  switch (frame_.code) {
    case opcode::ping:
      return event::ping;
    case opcode::pong:
      return event::pong;
    case opcode::close:
      return end_close();
    default:
      return frame_.fin ? end_message() : event::need_input;
  }
}

receiver::event receiver::end_message() {
  if (compressed_ && !inflate({}, true)) return event::error;
  if (text_ && !utf8_.complete()) {
    fail(code::invalid_payload, "text ends inside a character");
    return event::error;
  }
  in_message_ = false;
  return event::message;
}

receiver::event receiver::end_close() {
  closed_ = true;
  close_code_ = code::no_status;
  if (control_size_ == 0) return event::close;
  if (control_size_ == 1) {
    fail(code::protocol_error, "close code of one byte");
    return event::error;
  }
  close_code_ = static_cast<std::uint16_t>(static_cast<unsigned char>(control_[0]) << 8U |
                                           static_cast<unsigned char>(control_[1]));
  if (!is_sendable(close_code_)) {
    fail(code::protocol_error, "invalid close code");
    return event::error;
  }
  utf8_checker reason;
  if (!reason.feed(close_reason()) || !reason.complete()) {
    fail(code::invalid_payload, "close reason is not UTF-8");
    return event::error;
  }
  return event::close;
}

}  // namespace bight::http::ws
