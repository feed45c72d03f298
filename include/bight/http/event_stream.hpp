// event_stream: server-sent events, sent by a server.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/http/server_request.hpp>
#include <bight/http/server_response.hpp>
#include <bight/http/server_sent_event.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bight::http {

namespace detail {
class event_sending;
}

/// Options of an event stream. Trivially copyable.
struct event_stream_options {
  /// A comment is sent whenever nothing else was sent for so long: proxies close connections on which nothing
  /// happens, many after a minute, and a client that has vanished is noticed by it. `forever`: none.
  std::chrono::nanoseconds keep_alive_interval = std::chrono::seconds{15};
  /// The time that clients wait before they reconnect, sent to them first. Default: theirs, a few seconds.
  std::optional<std::chrono::milliseconds> retry = {};
  /// Bytes that wait to be sent, beyond which `send` waits.
  std::size_t max_buffered = 64 * 1024;
};

/// Sends the events of an event_stream. Concurrency: any number of calls.
class event_writer {
 public:
  event_writer(const event_writer&) = delete;
  event_writer& operator=(const event_writer&) = delete;

  /// Sends an event, or text as the data of one: `co_await out.send("hello")`. Returns once the event is in
  /// the buffer; waits while that is full. Errors: errc::invalid_event for line ends and zero bytes in type
  /// or id. Cancellation: sends nothing.
  [[nodiscard]] awaitable<void> send(server_sent_event e);
  /// Sends a comment, which clients ignore. Otherwise as `send`.
  [[nodiscard]] awaitable<void> comment(std::string text = {});
  /// Tells the client how long to wait before it reconnects. Otherwise as `send`.
  [[nodiscard]] awaitable<void> retry(std::chrono::milliseconds delay);

  /// The id of the last event that the client has received on an earlier connection (Last-Event-ID); empty if
  /// it has none. Continue with the event that follows it.
  const std::string& last_event_id() const noexcept;

 private:
  friend class detail::event_sending;
  explicit event_writer(detail::event_sending& s) noexcept : sending_(&s) {}
  detail::event_sending* sending_;
};

/// Sends the events of a stream, until it returns.
using event_producer = unique_function<awaitable<void>(event_writer&)>;

/// Responds with an event stream (text/event-stream), as EventSource in browsers and http::event_source
/// receive it.
///
///     routes.get("/ticks", [](http::server_request& request) {
///       return http::event_stream(request, [](http::event_writer& out) -> bight::awaitable<void> {
///         for (int n = 1;; ++n) {
///           const http::server_sent_event e{std::to_string(n), "tick", std::to_string(n)};
///           co_await out.send(e);
///           co_await bight::sleep(1s);
///         }
///       });
///     });
///
/// `produce` is called once the response head has been sent. It is cancelled when the client disconnects, and
/// by server::stop; the stream then ends at the end of an event, and the client asks another server, or this
/// one after its restart, for the events after the last id. Clients reconnect also when `produce` returns:
/// send an event that tells them to close, or respond with status 204 to the request of such a client. If
/// `produce` throws, the error is logged and the connection closed.
///
/// The request body must have been read before, or a client that disconnects is noticed only when writing
/// fails. The headers say `Cache-Control: no-store` and `X-Accel-Buffering: no`, with which nginx passes
/// events on at once. Middleware that compresses flushes after each event. server_limits::write_timeout
/// applies to a client that does not read.
[[nodiscard]] server_response event_stream(server_request& request, event_producer produce,
                                           event_stream_options options = {});

}  // namespace bight::http
