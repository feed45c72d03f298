// pool: connections to one database, for many tasks.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/pool.hpp>
#include <bight/core/pool_options.hpp>
#include <bight/pg/connection.hpp>
#include <bight/pg/options.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace bight::pg {

/// What is done with a connection before another task gets it. In any case a call that was left is cancelled
/// first.
enum class reset_level : std::uint8_t {
  none,      ///< Nothing; connections in a transaction are closed.
  rollback,  ///< An open transaction is rolled back.
  full,      ///< Also settings, cursors, LISTEN, advisory locks, temporary tables and sequences; prepared
             ///< statements are kept. Costs a round trip.
};

/// Options of a pool. Not an aggregate, so that it is safe in co_await expressions.
class pool_options {
 public:
  pool_options() {}
  /// The usual limits, with that number of connections.
  explicit pool_options(std::size_t max_size) { limits.max_size = max_size; }

  /// Sizes, times, and the limits of `acquire` and of a reset: see bight::pool_options.
  bight::pool_options limits;
  /// A connection that has been idle for longer is asked, by an empty query, whether it still works. Shorter
  /// ones are only looked at, which costs no round trip.
  clock::duration check_after = std::chrono::seconds{30};
  /// How far a connection that was given back is reset, for at most limits.reset_timeout.
  reset_level reset = reset_level::rollback;
  /// Called with each new connection, to set it up; what it throws is thrown by `acquire`.
  std::function<awaitable<void>(connection&)> on_connect;
  /// Called each time that a connection is given out; what it throws is thrown by `acquire`.
  std::function<awaitable<void>(connection&)> on_acquire;
};

/// A connection of a pool, given back when it is destroyed: see bight::pool::lease. If it has to be reset, or
/// a call was left, a task of the pool does that, and the connection counts as in use until it has ended.
using pooled_connection = bight::pool<connection>::lease;

/// A pool of connections (asyncpg.Pool). One per loop.
///
///     pg::pool pool{"postgresql://app@localhost/shop"};
///     auto name = co_await pool.fetch_value<std::string>("select name from users where id = $1", 1);
///     co_await pool.transaction([&](pg::connection& tx) -> bight::awaitable<void> {
///       co_await tx.execute("update users set name = $2 where id = $1", 1, "bob");
///     });
///
/// Calls on the pool take a connection for their time; use `acquire` for several on the same one. Connections
/// are made on demand, and the one that was given back last is used first. A connection that was lost while
/// idle is replaced. Cancellation: never loses a place; a connection whose call was cancelled is used again
/// once the server has ended that call, or is replaced. Errors: timeout_error after limits.acquire_timeout;
/// bight::errc::pool_closed; bight::errc::limit_exceeded after limits.max_waiters; those of `connect` and of
/// the calls of connection. Lifetime: connections and waiting calls may outlive the pool, which is then
/// closed.
class pool {
 public:
  explicit pool(options where, pool_options how = {});

  [[nodiscard]] awaitable<pooled_connection> acquire() { return connections_.acquire(); }
  /// A connection that is idle; empty if there is none, or if it has to be checked or prepared first.
  pooled_connection try_acquire() { return connections_.try_acquire(); }

  /// As those of connection.
  [[nodiscard]] awaitable<completion> execute(query q);
  template <class... Args>
    requires(sizeof...(Args) > 0)
  [[nodiscard]] awaitable<completion> execute(query q, Args... arguments) {
    auto c = co_await acquire();
    auto work = c->execute(std::move(q), std::move(arguments)...);
    co_return co_await std::move(work);
  }
  template <class Rows>
  [[nodiscard]] awaitable<void> executemany(query q, const Rows& rows) {
    auto c = co_await acquire();
    auto work = c->executemany(std::move(q), rows);
    co_await std::move(work);
  }
  template <class T = result, class... Args>
  [[nodiscard]] awaitable<detail::fetched_t<T>> fetch(query q, Args... arguments) {
    auto c = co_await acquire();
    auto work = c->template fetch<T>(std::move(q), std::move(arguments)...);
    co_return co_await std::move(work);
  }
  template <class T = row, class... Args>
  [[nodiscard]] awaitable<std::optional<T>> fetch_row(query q, Args... arguments) {
    auto c = co_await acquire();
    auto work = c->template fetch_row<T>(std::move(q), std::move(arguments)...);
    co_return co_await std::move(work);
  }
  template <class T, class... Args>
  [[nodiscard]] awaitable<T> fetch_value(query q, Args... arguments) {
    auto c = co_await acquire();
    auto work = c->template fetch_value<T>(std::move(q), std::move(arguments)...);
    co_return co_await std::move(work);
  }
  /// Runs `body(connection&)` in a transaction, on a connection of the pool.
  template <class F>
  [[nodiscard]] awaitable<bight::detail::call_result_t<F, std::reference_wrapper<connection>>> transaction(
      F body) {
    return transaction(transaction_options{}, std::move(body));
  }
  template <class F>
  [[nodiscard]] awaitable<bight::detail::call_result_t<F, std::reference_wrapper<connection>>> transaction(
      transaction_options how, F body) {
    auto c = co_await acquire();
    auto work = c->transaction(how, std::move(body));
    co_return co_await std::move(work);
  }

  /// Keeps limits.min_idle connections ready and closes those that have expired, until the pool is closed.
  /// Run it in a task of its own.
  [[nodiscard]] awaitable<void> maintain() { return connections_.maintain(); }
  /// No more connections are given out, idle ones are closed. Waits for the others, for at most `limit`.
  /// Returns whether all were given back.
  [[nodiscard]] awaitable<bool> close(clock::duration limit = forever) { return connections_.close(limit); }
  /// Closes all connections now, also those in use, whose calls fail with errc::connection_lost.
  void terminate() noexcept { connections_.terminate(); }
  bool is_closed() const noexcept { return connections_.is_closed(); }
  pool_stats stats() const noexcept { return connections_.stats(); }

 private:
  bight::pool<connection> connections_;
};

}  // namespace bight::pg
