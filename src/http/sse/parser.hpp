// The parser of text/event-stream (HTML standard, 9.2.6), without I/O.
#pragma once
#include <bight/http/server_sent_event.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bight::http::sse {

/// Feed it pieces of the body, and ask for events in between. What follows the last empty line is no event.
class parser {
 public:
  enum class result : std::uint8_t {
    need_input,  ///< All input is used up.
    event,       ///< event().
    too_large,   ///< A line or an event exceeds the limit. The parser stays in this state.
  };

  explicit parser(event_limits limits = {}) noexcept : limits_(limits) {}

  /// Reads from the front of `input` up to the end of an event, or all of it. Removes what it has read.
  result read(std::string_view& input);

  /// The event that was read last; may be moved from.
  server_sent_event& event() noexcept { return event_; }
  /// The last id of the stream.
  const std::string& last_event_id() const noexcept { return last_id_; }
  void set_last_event_id(std::string id) {
    last_id_ = std::move(id);
    id_ = last_id_;
  }
  /// What the stream has asked for as the time to wait before a reconnection.
  std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }
  /// A new stream begins, that of a reconnection. The last id and the time of `retry` remain.
  void restart();

 private:
  enum class position : std::uint8_t { line_begin, line, comment };

  bool fits(std::size_t more) const noexcept;
  void read_retry(std::string_view digits) noexcept;
  bool take_field(std::string_view line);
  bool end_line(std::string_view rest_of_line, bool& complete);
  bool dispatch();

  event_limits limits_;
  std::string line_;  // a line that has begun in earlier input
  std::string data_;
  std::string type_;
  std::string id_;
  std::string last_id_;
  server_sent_event event_;
  std::optional<std::chrono::milliseconds> retry_;
  position position_ = position::line_begin;
  bool first_line_ = true;
  bool skip_line_feed_ = false;  // the one of a CR LF
  bool has_data_ = false;
  bool failed_ = false;
};

}  // namespace bight::http::sse
