// pool: connections to one database, for many tasks.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/pool.hpp>
#include <bight/core/pool_options.hpp>
#include <bight/core/unique_function.hpp>
#include <bight/pg/connection.hpp>
#include <bight/pg/options.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

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

  /// Sizes, times and the limit of `acquire`: see bight::pool_options.
  bight::pool_options limits;
  /// More tasks than these do not wait for a connection: errc::pool_exhausted.
  std::size_t max_waiters = std::numeric_limits<std::size_t>::max();
  /// A connection that has been idle for longer is asked, by an empty query, whether it still works. Shorter
  /// ones are only looked at, which costs no round trip.
  clock::duration check_after = std::chrono::seconds{30};
  reset_level reset = reset_level::rollback;
  /// The time for that, and for the end of a call that was left; then the connection is closed.
  clock::duration release_timeout = std::chrono::seconds{10};
  /// Called with each new connection, to set it up; what it throws is thrown by `acquire`.
  std::function<awaitable<void>(connection&)> on_connect;
  /// Called each time that a connection is given out; what it throws is thrown by `acquire`.
  std::function<awaitable<void>(connection&)> on_acquire;
};

namespace detail {
class pool_state;
}

/// A connection of a pool, given back when it is destroyed. Move-only.
class [[nodiscard("destroying it gives the connection back")]] pooled_connection {
 public:
  pooled_connection() noexcept;
  pooled_connection(std::shared_ptr<detail::pool_state> from, bight::pool<connection>::lease l) noexcept;
  pooled_connection(pooled_connection&&) noexcept;
  pooled_connection& operator=(pooled_connection&&) noexcept;
  ~pooled_connection();

  connection& operator*() const noexcept { return *lease_; }
  connection* operator->() const noexcept { return &*lease_; }
  explicit operator bool() const noexcept { return static_cast<bool>(lease_); }
  /// Gives the connection back now. If it has to be reset, or a call was left, a task of the pool does that,
  /// and the connection counts as in use until it has ended.
  void release() noexcept;
  /// Closes the connection instead.
  void discard() noexcept;

 private:
  std::shared_ptr<detail::pool_state> pool_;
  bight::pool<connection>::lease lease_;
};

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
/// bight::errc::pool_closed; errc::pool_exhausted; those of `connect` and of the calls of connection.
/// Lifetime: connections and waiting calls may outlive the pool, which is then closed.
class pool {
 public:
  explicit pool(options where, pool_options how = {});
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool();

  [[nodiscard]] awaitable<pooled_connection> acquire();
  /// A connection that is idle; empty if there is none, or if it has to be checked or prepared first.
  pooled_connection try_acquire();

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
  [[nodiscard]] awaitable<void> maintain();
  /// No more connections are given out, idle ones are closed. Waits for the others, for at most `limit`.
  /// Returns whether all were given back.
  [[nodiscard]] awaitable<bool> close(clock::duration limit = forever);
  /// Closes all connections now, also those in use, whose calls fail with errc::connection_lost.
  void terminate() noexcept;
  bool is_closed() const noexcept;
  pool_stats stats() const noexcept;

 private:
  std::shared_ptr<detail::pool_state> state_;
};

}  // namespace bight::pg
