// A message of a topic, and what receivers send of it: each form is made once, for the first that needs it.
#pragma once
#include <bight/http/server_sent_event.hpp>
#include <bight/http/websocket.hpp>
#include <string>

#include "http/websocket/shared_message.hpp"

namespace bight::http::detail {

class topic_item {
 public:
  /// Errors: std::invalid_argument if the data is not UTF-8; errc::invalid_event.
  explicit topic_item(server_sent_event e);
  explicit topic_item(websocket_message m);

  const ws::shared_message& message() const noexcept { return message_; }
  /// The text of the event; empty for a binary message.
  const std::string& event_text() const noexcept { return event_text_; }

 private:
  std::string event_text_;
  ws::shared_message message_;
};

}  // namespace bight::http::detail
