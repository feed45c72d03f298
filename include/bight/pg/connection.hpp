// connect, connection: a connection to PostgreSQL.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/pg/codec.hpp>
#include <bight/pg/copy.hpp>
#include <bight/pg/cursor.hpp>
#include <bight/pg/detail/queries.hpp>
#include <bight/pg/error.hpp>
#include <bight/pg/options.hpp>
#include <bight/pg/pipeline.hpp>
#include <bight/pg/query.hpp>
#include <bight/pg/result.hpp>
#include <bight/pg/row_stream.hpp>
#include <bight/pg/transaction.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight::pg {

/// A connection to PostgreSQL (asyncpg.Connection). Move-only; the destructor closes it.
///
///     auto db = co_await pg::connect("postgresql://app@localhost/shop");
///     co_await db.execute("create table if not exists users (id int primary key, name text)");
///     co_await db.execute("insert into users values ($1, $2)", 1, "ann");
///     auto users = co_await db.fetch("select id, name from users where id < $1", 10);
///     for (const auto& user : users) print(user.get<int>("id"), user.get<std::string_view>("name"));
///     auto name = co_await db.fetch_value<std::string>("select name from users where id = $1", 1);
///     using user = std::tuple<int, std::string>;
///     auto all = co_await db.fetch<user>("select id, name from users");
///     co_await db.transaction([&](pg::connection& tx) -> bight::awaitable<void> {
///       co_await tx.execute("update users set name = $2 where id = $1", 1, "bob");
///     });
///
/// A statement with parameters is prepared once per connection; those that were used last stay prepared.
/// Arguments are copied into the call; they must fit the types that the server expects, and nullopt is NULL.
///
/// Concurrency: one loop, one call at a time: errc::busy if another has not completed (use a pool).
/// Cancellation: the awaiting task gets its cancellation at once; the server is asked to cancel the
/// statement, and the next call waits until it has. If that takes longer than options::cancel_timeout, the
/// connection is closed. Errors: pg::error for what the server reports; errc::connection_lost, after which
/// the connection is closed; timeout_error after the time of the query.
class connection {
 public:
  /// Without a connection; only assignment and `is_open` are allowed.
  connection() noexcept;
  explicit connection(std::shared_ptr<detail::session> s) noexcept;
  connection(connection&&) noexcept;
  connection& operator=(connection&&) noexcept;
  ~connection();

  /// Runs statements without parameters, also several, separated by semicolons; these are one transaction
  /// unless they contain BEGIN. Rows are dropped.
  [[nodiscard]] awaitable<completion> execute(query q);
  /// Runs one statement with parameters.
  template <class... Args>
    requires(sizeof...(Args) > 0)
  [[nodiscard]] awaitable<completion> execute(query q, Args... arguments) {
    return detail::execute(session_, std::move(q), std::move(arguments)...);
  }
  /// Runs a statement for each element of `rows`, a range of tuples of arguments, which must outlive the
  /// call, in one pipeline; atomic: if one fails, none has been done.
  template <class Rows>
  [[nodiscard]] awaitable<void> executemany(query q, const Rows& rows) {
    return detail::executemany(session_, std::move(q), rows);
  }

  /// Returns all rows: as a `result`, or as a std::vector of Ts (see row_view::as), `fetch<T>`. Errors:
  /// errc::result_too_large if a `result` needs more than options::max_result_bytes.
  template <class T = result, class... Args>
  [[nodiscard]] awaitable<detail::fetched_t<T>> fetch(query q, Args... arguments) {
    if constexpr (std::is_same_v<T, result>)
      return detail::fetch(session_, std::move(q), std::move(arguments)...);
    else
      return detail::fetch_all<T>(session_, std::move(q), std::move(arguments)...);
  }
  /// Returns the first row, as a `row` or as a T; nullopt if there is none. The server stops after it.
  template <class T = row, class... Args>
  [[nodiscard]] awaitable<std::optional<T>> fetch_row(query q, Args... arguments) {
    if constexpr (std::is_same_v<T, row>)
      return detail::fetch_row(session_, std::move(q), std::move(arguments)...);
    else
      return detail::fetch_first<T>(session_, std::move(q), std::move(arguments)...);
  }
  /// Returns the first column of the first row. Errors: errc::no_rows, unless T is an optional.
  template <class T, class... Args>
  [[nodiscard]] awaitable<T> fetch_value(query q, Args... arguments) {
    return detail::fetch_value<T>(session_, std::move(q), std::move(arguments)...);
  }
  /// Reads the rows of a query in batches: the memory does not depend on their number. The connection is busy
  /// until the stream has ended or is destroyed.
  ///
  ///     auto rows = db.stream("select * from visits");
  ///     auto* row = co_await rows.next();
  ///     while (row) {
  ///       count(*row);
  ///       row = co_await rows.next();
  ///     }
  ///
  template <class... Args>
  [[nodiscard]] row_stream stream(query q, Args... arguments) {
    return detail::make_stream(session_, std::move(q), std::move(arguments)...);
  }

  /// Opens a cursor: the server keeps the query open, and its rows are fetched in parts, between which other
  /// calls may be made. Only inside a transaction, with which it ends. Errors: errc::transaction_state
  /// outside one.
  template <class... Args>
  [[nodiscard]] awaitable<pg::cursor> cursor(query q, Args... arguments) {
    return detail::open_cursor(session_, std::move(q), std::move(arguments)...);
  }

  /// Begins COPY ... FROM STDIN. The connection is busy until the copy_in has ended.
  ///
  ///     auto in = co_await db.copy_in("copy users from stdin");
  ///     co_await in.write("1\tann\n2\tbob\n");
  ///     auto copied = co_await in.finish();
  ///
  [[nodiscard]] awaitable<pg::copy_in> copy_in(query q) {
    return detail::start_copy_in(session_, std::move(q));
  }
  /// Begins COPY ... TO STDOUT. The connection is busy until the copy_out has ended.
  [[nodiscard]] awaitable<pg::copy_out> copy_out(query q) {
    return detail::start_copy_out(session_, std::move(q));
  }
  /// Copies records, a range of tuples which must outlive the call, in the binary format: much faster than
  /// INSERT. Errors: errc::wrong_parameter if a field does not fit its column; then nothing was copied.
  ///
  ///     auto copied = co_await db.copy_records(pg::into("users", "id", "name"), rows);
  ///
  template <class Rows>
  [[nodiscard]] awaitable<completion> copy_records(into where, const Rows& rows) {
    return detail::copy_records_of(session_, std::move(where), rows);
  }
  /// Returns the rows of a query, which has no parameters, by COPY in the binary format: cheaper than
  /// `stream`. The connection is busy until the end.
  [[nodiscard]] awaitable<pg::copy_rows> copy_rows(query q) {
    return detail::start_copy_rows(session_, std::move(q));
  }

  /// Collects statements that are sent together: see pipeline.
  [[nodiscard]] pg::pipeline pipeline(pipeline_mode mode = pipeline_mode::isolated);

  /// Runs `body(connection&)` in a transaction: commits when it returns, rolls back when it throws or is
  /// cancelled. Inside another transaction, uses a savepoint. Returns the result of the body.
  template <class F>
  [[nodiscard]] auto transaction(F body) {
    return detail::in_transaction(*this, transaction_options{}, std::move(body));
  }
  template <class F>
  [[nodiscard]] auto transaction(transaction_options how, F body) {
    return detail::in_transaction(*this, how, std::move(body));
  }
  /// Begins a transaction, or a savepoint inside one, that the caller ends. If it is destroyed before, it is
  /// rolled back.
  [[nodiscard]] awaitable<pg::transaction> begin(transaction_options how = {});

  /// Asks the server to cancel the call that another task awaits, which then fails with
  /// sqlstate::query_canceled. No effect if there is none; later calls wait until the request can no longer
  /// affect them. Errors: timeout_error after options::cancel_timeout.
  [[nodiscard]] awaitable<void> cancel();
  /// Ends the session. A connection that is merely destroyed is closed, too, without waiting.
  [[nodiscard]] awaitable<void> close();

  /// False once it was closed or lost. A connection that was lost while idle is noticed by the next call.
  bool is_open() const noexcept;
  bool is_busy() const noexcept;
  /// Whether a transaction is open, and has failed.
  bool in_transaction() const noexcept;
  bool in_failed_transaction() const noexcept;
  /// The process of the server, as in pg_stat_activity.
  std::uint32_t server_pid() const noexcept;
  /// What the server reports without being asked, such as "server_version" and "TimeZone"; empty if it does
  /// not.
  std::string_view parameter(std::string_view name) const noexcept;
  /// The number of statements that are kept prepared.
  std::size_t prepared_statements() const noexcept;
  /// Replaces options::on_notice for this connection.
  void on_notice(std::function<void(const notice&)> f);

 private:
  friend class pool;
  friend struct detail::connection_access;
  std::shared_ptr<detail::session> session_;
};

/// Connects to PostgreSQL, as the options say.
///
/// Hosts, and all their addresses, are tried in turn, `connect_timeout` for each. Cancellation: leaves
/// nothing open. Errors: pg::error if the server refuses (sqlstate::invalid_password, invalid_catalog_name,
/// ...); errc::authentication_failed, unsupported_authentication, tls_refused, no_suitable_host; those of
/// net.
[[nodiscard]] awaitable<connection> connect(options o = {});

}  // namespace bight::pg
