// A message that many connections send: framed once, and compressed once for each set of parameters.
#pragma once
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <utility>

#include "http/websocket/deflate.hpp"
#include "http/websocket/frame.hpp"

namespace bight::http::ws {

class shared_message {
 public:
  shared_message(opcode code, std::string payload);
  shared_message(const shared_message&) = delete;
  shared_message& operator=(const shared_message&) = delete;

  opcode code() const noexcept { return code_; }
  std::string_view payload() const noexcept { return std::string_view{frame_}.substr(head_size_); }
  /// The frame that a server sends.
  const std::string& frame() const noexcept { return frame_; }
  /// The same, compressed. Precondition: no context takeover.
  const std::string& frame(const deflate_settings& settings) const;

 private:
  struct compressed {
    deflate_settings settings;
    std::string frame;
  };
  opcode code_;
  std::size_t head_size_;
  std::string frame_;
  mutable std::list<compressed> compressed_;  // few: the parameters of clients hardly differ
};

}  // namespace bight::http::ws
