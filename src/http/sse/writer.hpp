// The text of events, as text/event-stream (HTML standard, 9.2.5).
#pragma once
#include <bight/http/server_sent_event.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <string>
#include <string_view>

namespace bight::http::sse {

/// Appends an event. Error: errc::invalid_event for line ends and zero bytes in its type or id, with which it
/// would be another event; `out` is unchanged then.
[[nodiscard]] boost::system::error_code append_event(std::string& out, const server_sent_event& event);
/// Appends a comment, which clients ignore; of several lines if `text` has them.
void append_comment(std::string& out, std::string_view text);
/// Appends the time that clients wait before they reconnect.
void append_retry(std::string& out, std::chrono::milliseconds delay);

}  // namespace bight::http::sse
