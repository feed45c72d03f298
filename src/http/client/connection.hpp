// One HTTP/1.1 connection of a client: stream, receive slab, parser, and the read that stays armed.
#pragma once
#include <algorithm>
#include <array>
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/event.hpp>
#include <bight/core/task.hpp>
#include <bight/http/client.hpp>
#include <bight/http/headers.hpp>
#include <bight/net/stream.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "http/client/receive_slab.hpp"
#include "http/h1/response_parser.hpp"

namespace bight::http::detail {

/// A read is armed, as a task of its own, while a connection has nothing to do and while a request is written
/// that does not go out at once: it notices that the server closes, speaks unasked, or answers early.
class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(net::stream s, const h1::limits& limits)
      : stream_(std::move(s)), size_(std::max<std::size_t>(usual_size, limits.head)), parser_(limits) {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  net::stream& stream() noexcept { return stream_; }
  h1::response_parser& parser() noexcept { return parser_; }
  /// Ends everything that waits for it.
  void close() noexcept;

  /// What was received and not consumed.
  std::string_view pending() const noexcept { return {slab_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t n) noexcept { begin_ += n; }
  /// Receives more behind what is pending, which may move to the front for that; by the armed read if there
  /// is one. Returns the number of bytes, 0 at the end. Precondition: the slab is not full of pending bytes.
  awaitable<std::size_t> receive();

  /// Starts the read if none is armed.
  void arm();
  bool armed() const noexcept { return reading_.has_value(); }
  /// True if the armed read has ended: bytes, an end or an error.
  bool arrived() const noexcept { return reading_ && reading_->done(); }
  /// Sets `e` when the armed read ends; null: nobody.
  void tell(event* e) noexcept { listener_ = e; }

  /// True if a request may be sent: nothing unasked for has come, and the peer has not closed, as far as the
  /// kernel knows now.
  bool ready_for_request();
  /// Remembers what the head of a response says about idle connections (`Keep-Alive: timeout=5`).
  void read_keep_alive(const http::headers& fields) noexcept;
  /// Nobody waits for an answer on it, until it is taken again, before idle_until().
  void mark_idle(clock::time_point now, const client_limits& limits) noexcept;
  /// Arms the read of an idle connection, and gives the slab back. Virtual time does not wait for it.
  void watch_while_idle();
  clock::time_point idle_since() const noexcept { return idle_since_; }
  clock::time_point idle_until() const noexcept { return idle_until_; }
  clock::time_point created() const noexcept { return created_; }
  std::size_t requests() const noexcept { return requests_; }
  bool used_before() const noexcept { return requests_ > 1; }
  void begin_request() noexcept { ++requests_; }

 private:
  static constexpr std::size_t usual_size = 64 * 1024;

  static awaitable<void> read(std::shared_ptr<connection> self);
  std::span<std::byte> room();
  void count_as_work() noexcept;

  net::stream stream_;
  std::size_t size_;
  receive_slab slab_;  // none while the connection has been idle for long
  std::array<std::byte, 64> probe_;
  bool probing_ = false;  // the armed read reads into probe_
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t requests_ = 0;
  std::optional<task<void>> reading_;
  event* listener_ = nullptr;
  std::size_t came_ = 0;                  // by the armed read
  boost::system::error_code read_error_;  // ... or how it failed
  std::size_t uncounted_ = 0;             // of the loop's external work
  clock::time_point created_ = clock::now();
  clock::time_point idle_since_{};
  clock::time_point idle_until_{};
  clock::duration peer_timeout_ = forever;  // after which the peer closes it
  h1::response_parser parser_;
};

}  // namespace bight::http::detail
