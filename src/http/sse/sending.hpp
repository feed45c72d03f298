// An event stream while it is sent: a producer fills a buffer, and the task of the connection writes it.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/event.hpp>
#include <bight/core/task.hpp>
#include <bight/http/body.hpp>
#include <bight/http/event_stream.hpp>
#include <cstddef>
#include <string>

#include "http/server/exchange.hpp"

namespace bight::http::detail {

class event_sending final {
 public:
  event_sending(event_producer& produce, const event_stream_options& options, std::string last_event_id);

  /// Sends all that the producer makes, until the client leaves or the server stops.
  awaitable<void> run(body_writer& out, server_exchange& exchange);

  /// What `out` stands on.
  static event_sending& of(event_writer& out) noexcept { return *out.sending_; }
  /// Whether the buffer accepts more.
  bool has_room() const noexcept { return buffer_.empty() || buffer_.size() < options_.max_buffered; }
  awaitable<void> wait_for_room();
  /// Whole events are added to it; call `added` afterwards.
  std::string& buffer() noexcept { return buffer_; }
  void added() noexcept { changed_.set(); }
  const std::string& last_event_id() const noexcept { return last_event_id_; }

 private:
  awaitable<void> produce();
  awaitable<void> write_all(body_writer& out);
  awaitable<void> end_producer();

  event_producer* produce_;
  event_stream_options options_;
  std::string last_event_id_;
  std::string buffer_;
  std::string being_sent_;
  event changed_;  // more in the buffer, or the end
  event room_;
  task<void> producer_;
  bool ended_ = false;
};

}  // namespace bight::http::detail
