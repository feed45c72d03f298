// copy_in, copy_out: COPY, the fastest way in and out of a table.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/byte_source.hpp>
#include <bight/pg/detail/queries.hpp>
#include <bight/pg/query.hpp>
#include <bight/pg/row.hpp>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace bight::pg {

/// Where records are copied: a table ("users" or "shop.users") and its columns, all of them if none are
/// named.
///
///     co_await db.copy_records(pg::into("users", "id", "name"), rows);
class into {
 public:
  template <class... Columns>
    requires(std::convertible_to<Columns, std::string> && ...)
  explicit into(std::string table, Columns&&... columns) : table_(std::move(table)) {
    (columns_.emplace_back(std::forward<Columns>(columns)), ...);
  }
  const std::string& table() const noexcept { return table_; }
  const std::vector<std::string>& columns() const noexcept { return columns_; }

 private:
  std::string table_;
  std::vector<std::string> columns_;
};

namespace detail {
class copy_in_call;
class copy_out_call;
}  // namespace detail

/// COPY ... FROM STDIN in progress: see connection::copy_in. Move-only. If it is destroyed before `finish`,
/// nothing has been copied.
class copy_in {
 public:
  explicit copy_in(std::unique_ptr<detail::copy_in_call> c) noexcept;
  copy_in(copy_in&&) noexcept;
  copy_in& operator=(copy_in&&) noexcept;
  ~copy_in();

  /// Sends data in the format of the statement; the pieces need not be lines. Collects up to 64 KiB. Errors:
  /// what the server has found wrong with earlier data.
  [[nodiscard]] awaitable<void> write(std::string_view data);
  /// Ends the data. Returns the number of rows. Errors: what the server has found wrong; then nothing was
  /// copied.
  [[nodiscard]] awaitable<completion> finish();

 private:
  std::unique_ptr<detail::copy_in_call> call_;
};

/// COPY ... TO STDOUT in progress: see connection::copy_out. Move-only. Destroying it early cancels the
/// statement.
class copy_out final : public byte_source {
 public:
  explicit copy_out(std::unique_ptr<detail::copy_out_call> c) noexcept;
  copy_out(copy_out&&) noexcept;
  copy_out& operator=(copy_out&&) noexcept;
  ~copy_out() override;

  /// The next piece as the server sent it, which is a row in the text and CSV formats; nullopt at the end.
  /// Lifetime: until the next call.
  [[nodiscard]] awaitable<std::optional<std::string_view>> next();
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override;

 private:
  std::unique_ptr<detail::copy_out_call> call_;
};

/// The rows of a query by COPY in the binary format: see connection::copy_rows. Move-only.
class copy_rows {
 public:
  explicit copy_rows(std::unique_ptr<detail::copy_out_call> c) noexcept;
  copy_rows(copy_rows&&) noexcept;
  copy_rows& operator=(copy_rows&&) noexcept;
  ~copy_rows();

  /// Returns the next row; null at the end. Lifetime: until the next call.
  [[nodiscard]] awaitable<const row_view*> next();

 private:
  std::unique_ptr<detail::copy_out_call> call_;
  row_view row_;
};

namespace detail {

awaitable<copy_in> start_copy_in(session_ptr s, query q);
awaitable<copy_out> start_copy_out(session_ptr s, query q);
awaitable<copy_rows> start_copy_rows(session_ptr s, query q);
/// Copies what `source` returns into columns of a table, in the binary format.
awaitable<completion> copy_records(session_ptr s, into where, argument_source& source);

template <class Rows>
awaitable<completion> copy_records_of(session_ptr s, into where, const Rows& rows) {
  require(s);
  range_source<Rows> source{rows};
  co_return co_await copy_records(std::move(s), std::move(where), source);
}

}  // namespace detail
}  // namespace bight::pg
