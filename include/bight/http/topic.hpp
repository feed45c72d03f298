// topic: messages for many WebSockets and event streams.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/broadcast.hpp>
#include <bight/http/event_stream.hpp>
#include <bight/http/server_sent_event.hpp>
#include <bight/http/websocket.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace bight::http {

namespace detail {
class topic_item;
}

/// Options of a topic. Trivially copyable.
struct topic_options {
  /// Messages that are kept for receivers that are slower than others.
  std::size_t max_pending = 64;
  /// What happens to a receiver that is more than max_pending messages behind: it misses the oldest ones, or
  /// is disconnected, or `publish` waits for it.
  when_slow rule = when_slow::drop_oldest;
};

/// Counters of a topic. Trivially copyable.
struct topic_metrics {
  std::uint64_t published = 0;     ///< Messages.
  std::uint64_t sent = 0;          ///< Messages times receivers.
  std::uint64_t missed = 0;        ///< Not sent because the receiver was too slow.
  std::uint64_t disconnected = 0;  ///< Receivers that were too slow.
  std::size_t receivers = 0;       ///< Now.
};

/// Sends each message to all receivers: the rooms of a chat, a dashboard, prices.
///
///     http::topic prices;
///
///     routes.get("/prices", [&](http::server_request& request) {
///       return http::event_stream(request, [&](http::event_writer& out) { return prices.send_to(out); });
///     });
///     routes.get("/ws", [&](http::server_request& request) {
///       return http::websocket_response(request, [&](http::websocket& ws) -> bight::awaitable<void> {
///         co_await bight::race(prices.send_to(ws), ws.receive());    // until the client closes
///       });
///     });
///
///     co_await prices.publish("12.5");
///
/// A message is framed once for all WebSockets, and compressed once for each set of compression parameters;
/// connections with context takeover compress for themselves. Receivers that wait refer to the same bytes, so
/// a slow one costs no memory of its own beside what the system buffers. Concurrency: one loop; to reach the
/// receivers of others, forward the messages to a topic of each. Lifetime: `send_to` may outlive the topic;
/// destroying the topic closes it.
class topic {
  using messages = broadcast<std::shared_ptr<detail::topic_item>>;

 public:
  /// Errors: std::invalid_argument if max_pending is 0.
  explicit topic(topic_options options = {});
  topic(const topic&) = delete;
  topic& operator=(const topic&) = delete;
  ~topic();

  /// Sends an event, or text as the data of one: `co_await room.publish("hello")`. WebSockets receive its
  /// data as a text message. Waits only with when_slow::wait. Returns: the number of receivers. Errors:
  /// std::invalid_argument if the data is not UTF-8; errc::invalid_event; queue_shut_down if the topic is
  /// closed. Cancellation: sends nothing.
  [[nodiscard]] messages::put_awaiter publish(server_sent_event e);
  /// Same for a message of a WebSocket. Event streams do not receive binary messages.
  [[nodiscard]] messages::put_awaiter publish(websocket_message m);

  /// Sends what is published from now on, until the topic is closed, the connection has ended, or this
  /// receiver is disconnected as too slow: with close code 1013. It does not receive: run it beside a task
  /// that does, which also notices the end of a connection on which nothing is sent.
  [[nodiscard]] awaitable<void> send_to(websocket& ws);
  /// Same for an event stream. Return afterwards: the client reconnects.
  [[nodiscard]] awaitable<void> send_to(event_writer& out);

  /// Lets `send_to` return when what was published has been sent. Publishing is an error from now on.
  void close() noexcept;
  bool is_closed() const noexcept;
  std::size_t receivers() const noexcept;
  topic_metrics metrics() const noexcept;

 private:
  class state;
  [[nodiscard]] messages::put_awaiter put(std::shared_ptr<detail::topic_item> item);
  std::shared_ptr<state> state_;
};

}  // namespace bight::http
