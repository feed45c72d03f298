// cursor: the rows of a query, in parts, with other calls in between.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/pg/detail/queries.hpp>
#include <bight/pg/query.hpp>
#include <bight/pg/result.hpp>
#include <bight/pg/row.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight::pg {

namespace detail {
class portal;
using portal_ptr = std::shared_ptr<portal>;

/// Runs at most `n` more rows of it; 0: none. Nothing is sent at its end.
awaitable<completion> run_portal(portal_ptr p, row_sink* sink, std::uint32_t n);
}  // namespace detail

/// A cursor (asyncpg's cursors): see connection::cursor. The server keeps the query open, and `fetch` returns
/// its next rows; nothing else is in memory here. Between two calls the connection is free for others. It
/// ends with the transaction in which it was opened: the next `fetch` is then the error 34000 of the server.
///
///     co_await db.transaction([](pg::connection& tx) -> bight::awaitable<void> {
///       auto c = co_await tx.cursor("select id from visits order by at");
///       auto some = co_await c.fetch<int>(100);
///       while (!some.empty()) {
///         for (const int id : some) co_await tx.execute("delete from visits where id = $1", id);
///         some = co_await c.fetch<int>(100);
///       }
///     });
///
/// Move-only; destroying it closes it with the next call of the connection. Cancellation and errors: as for
/// connection::fetch; rows that a cancelled call would have returned are lost. Lifetime: may outlive the
/// connection.
class cursor {
 public:
  cursor() noexcept = default;
  explicit cursor(detail::portal_ptr p) noexcept : portal_(std::move(p)) {}

  /// Returns the next rows, at most `n`; none at the end: as a `result`, or as a std::vector of Ts.
  template <class T = result>
  [[nodiscard]] awaitable<detail::fetched_t<T>> fetch(std::uint32_t n) {
    if constexpr (std::is_same_v<T, result>)
      return fetch_result(portal_, n);
    else
      return fetch_all<T>(portal_, n);
  }
  /// Returns the next row; nullopt at the end.
  template <class T = row>
  [[nodiscard]] awaitable<std::optional<T>> fetch_row() {
    return fetch_one<T>(portal_);
  }
  /// Skips at most `n` rows. Returns how many there were.
  [[nodiscard]] awaitable<std::uint64_t> forward(std::uint32_t n);
  /// Closes it at the server. No effect if it is closed.
  [[nodiscard]] awaitable<void> close();

  /// Whether all rows have been returned or skipped; known only after a call that found fewer than it asked
  /// for.
  bool at_end() const noexcept;
  const std::vector<column>& columns() const noexcept;

 private:
  static awaitable<result> fetch_result(detail::portal_ptr p, std::uint32_t n);
  template <class T>
  static awaitable<std::vector<T>> fetch_all(detail::portal_ptr p, std::uint32_t n) {
    detail::typed_sink<T> rows;
    co_await detail::run_portal(std::move(p), &rows, n);
    co_return std::move(rows.all);
  }
  template <class T>
  static awaitable<std::optional<T>> fetch_one(detail::portal_ptr p) {
    if constexpr (std::is_same_v<T, row>) {
      const auto rows = co_await fetch_result(std::move(p), 1);
      if (rows.empty()) co_return std::nullopt;
      co_return rows.front();
    } else {
      auto rows = co_await fetch_all<T>(std::move(p), 1);
      if (rows.empty()) co_return std::nullopt;
      co_return std::optional<T>(std::move(rows.front()));
    }
  }

  detail::portal_ptr portal_;
};

namespace detail {
awaitable<portal_ptr> open_portal(session_ptr s, query q, std::span<const parameter> parameters);

template <class... Args>
awaitable<cursor> open_cursor(session_ptr s, query q, Args... values) {
  require(s);
  const arguments<Args...> all{std::tuple<Args...>{std::move(values)...}};
  auto p = co_await open_portal(std::move(s), std::move(q), all.all());
  co_return cursor(std::move(p));
}
}  // namespace detail

}  // namespace bight::pg
