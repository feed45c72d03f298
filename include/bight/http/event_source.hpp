// event_source: server-sent events, received by a client.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/backoff.hpp>
#include <bight/http/request_builder.hpp>
#include <bight/http/response.hpp>
#include <bight/http/server_sent_event.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace bight::http {

/// Options of an event_source. Not an aggregate, so that it is safe in co_await expressions.
class event_source_options {
 public:
  event_source_options() {}

  /// Whether to ask again when a connection ends or fails. Default: for GET. The body of another request must
  /// be replayable.
  std::optional<bool> reconnect;
  /// How many attempts in a row may fail to bring a response or a part of one; 0: any number.
  unsigned max_attempts = 10;
  /// The time to wait before a reconnection, until the stream has set another one (`retry`).
  std::chrono::nanoseconds reconnect_delay = std::chrono::seconds{1};
  /// The maximum of what a stream may set.
  std::chrono::nanoseconds max_reconnect_delay = std::chrono::minutes{5};
  /// A random delay in addition to it, which grows with each attempt that fails, so that clients do not come
  /// back all at once.
  bight::backoff backoff{std::chrono::milliseconds{500}, std::chrono::minutes{1}};
  /// The time without any byte after which a connection is considered dead, instead of
  /// client_timeouts::read. Servers send comments more often: proxies in between commonly wait for one
  /// minute.
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds{90};
  /// Continues behind this event: the first request has it as Last-Event-ID.
  std::string last_event_id;
  event_limits limits;
};

/// Receives the events of a stream (text/event-stream), as EventSource in browsers does.
///
///     http::event_source events{client.get("https://example.org/prices")};
///     auto e = co_await events.next();
///     while (e) {
///       std::cout << e->type << ": " << e->data << '\n';
///       e = co_await events.next();
///     }
///
/// The request may be any, with headers, credentials and a body, as APIs of language models expect:
///
///     http::event_source answer{client.post(url).bearer_auth(token).json(question)};
///
/// The request is sent by the first `next`. When the connection ends or fails, a GET is sent again after a
/// delay, with the id of the last event (Last-Event-ID), so that the server can continue behind it; events
/// without ids may be lost in between. This repeats until the server responds with 204, or with an error. The
/// client's timeouts `read` and `total` and its limit max_body do not apply, unless the request itself sets
/// them; its retries neither, unless this source does not reconnect.
///
/// Move-only. Destroying it closes the connection. Concurrency: one `next` at a time. Lifetime: independent
/// of the client.
class event_source {
 public:
  explicit event_source(request_builder request, event_source_options options = {});
  /// The events of a response that is there already. Does not reconnect. Its timeouts and limits are those of
  /// its request. Errors, thrown by `next`: as for a response to a request of this source.
  explicit event_source(response r, event_source_options options = {});
  event_source(event_source&&) noexcept;
  event_source& operator=(event_source&&) noexcept;
  ~event_source();

  /// The next event. Returns: nullopt at the end: the server has responded with 204, or the response has
  /// ended and this source does not reconnect. Errors: status_error for statuses other than 200;
  /// errc::not_an_event_stream for another Content-Type; errc::event_too_large; after max_attempts, or
  /// without reconnection, those of client::send and response::read_piece. After an error the source is
  /// closed, and further calls return nullopt. Statuses that are temporary (status::is_temporary) and errors
  /// that are `transient` lead to a reconnection instead; Retry-After replaces the delay. Cancellation: loses
  /// nothing; what was begun goes on in the background, up to the next event.
  [[nodiscard]] awaitable<std::optional<server_sent_event>> next();

  /// The id of the last event; a source of a later run continues behind it: see
  /// event_source_options::last_event_id.
  const std::string& last_event_id() const noexcept;
  /// How many connections have been made again.
  std::uint64_t reconnections() const noexcept;
  /// Ends the stream: closes the connection; `next` returns nullopt from now on. Precondition: no task is
  /// waiting in `next`.
  void close() noexcept;

 private:
  class impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace bight::http
