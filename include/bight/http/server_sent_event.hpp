// server_sent_event: an event of an event stream.
#pragma once
#include <cstddef>
#include <string>
#include <utility>

namespace bight::http {

/// An event of type text/event-stream (HTML standard, 9.2 "Server-sent events"), sent or received.
///
///     http::server_sent_event tick{"12:00"};
///     http::server_sent_event price{R"({"ask": 12.5})", "price", "41"};     // data, type, id
class server_sent_event {
 public:
  server_sent_event() = default;
  server_sent_event(std::string text, std::string name = {}, std::string event_id = {})
      : data(std::move(text)), type(std::move(name)), id(std::move(event_id)) {}
  server_sent_event(const char* text, std::string name = {}, std::string event_id = {})
      : data(text), type(std::move(name)), id(std::move(event_id)) {}

  /// Text in UTF-8, of any number of lines. "\r\n" and "\r" arrive as "\n".
  std::string data;
  /// The name that listeners are registered for. Empty is "message", and received as that.
  std::string type;
  /// What a client that reconnects sends as Last-Event-ID. Sent: empty sends none. Received: the last id that
  /// the stream has set, in this event or before.
  std::string id;
};

/// Limits of the parser. Trivially copyable.
struct event_limits {
  /// Size in bytes of a line, and of an event. Comments are not limited.
  std::size_t max_event = 1024 * 1024;
};

}  // namespace bight::http
