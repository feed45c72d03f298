#include "http/websocket/shared_message.hpp"

namespace bight::http::ws {

shared_message::shared_message(opcode code, std::string payload) : code_(code) {
  frame_head head;
  head.code = code;
  append_frame(frame_, head, payload);
  head_size_ = frame_.size() - payload.size();
}

const std::string& shared_message::frame(const deflate_settings& settings) const {
  for (const auto& known : compressed_)
    if (known.settings == settings) return known.frame;
  std::string bytes;
  deflater{settings}.deflate(payload(), bytes);
  frame_head head;
  head.code = code_;
  head.compressed = true;
  auto& made = compressed_.emplace_back();
  made.settings = settings;
  append_frame(made.frame, head, bytes);
  return made.frame;
}

}  // namespace bight::http::ws
