// listener: LISTEN and NOTIFY.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/backoff.hpp>
#include <bight/core/clock.hpp>
#include <bight/pg/options.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bight::pg {

/// What a listener returns.
class notification {
 public:
  notification() {}

  /// Whether notifications may have been lost before this point, because the connection was: look at the
  /// state of the database. The other members are then empty.
  bool gap = false;
  std::string channel;
  std::string payload;
  std::uint32_t server_pid = 0;  ///< Of the session that notified.
};

/// Options of a listener. Not an aggregate, so that it is safe in co_await expressions.
class listener_options {
 public:
  listener_options() {}

  /// A connection on which nothing has come for this time is asked whether it still works. `forever`: never.
  clock::duration check_after = std::chrono::seconds{30};
  /// The time for the answer.
  clock::duration check_timeout = std::chrono::seconds{10};
  /// The delays between attempts to connect again.
  clock::duration min_reconnect_delay = std::chrono::milliseconds{100};
  clock::duration max_reconnect_delay = std::chrono::seconds{30};
};

/// Receives notifications, on a connection of its own. When that is lost, it connects again, listens to the
/// same channels, and returns a gap.
///
///     pg::listener events{"postgresql://app@localhost/shop"};
///     co_await events.listen("orders");
///     while (true) {
///       auto event = co_await events.next();
///       if (event.gap) co_await reload();
///       else handle(event.channel, event.payload);
///     }
///
/// Notifications wait at the server while nobody awaits `next`. Concurrency: one loop, one call at a time.
/// Lifetime: not movable.
class listener {
 public:
  explicit listener(options where, listener_options how = {});
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  ~listener();

  /// Listens to a channel, whose name is case-sensitive. Connects if there is no connection. Errors: those of
  /// `connect`; after an error the channel is remembered, and the next call tries again.
  [[nodiscard]] awaitable<void> listen(std::string channel);
  [[nodiscard]] awaitable<void> unlisten(std::string channel);
  /// Waits for the next notification or gap. Cancellation: loses nothing. Errors: those of `connect` that
  /// another attempt would not change, such as a wrong password; otherwise it keeps trying, and logs why.
  [[nodiscard]] awaitable<notification> next();
  /// Closes the connection; the next call opens another one.
  [[nodiscard]] awaitable<void> close();
  const std::vector<std::string>& channels() const noexcept;
  /// The process of the server; 0 without a connection.
  std::uint32_t server_pid() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bight::pg
