// row_stream: the rows of a query, in batches.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/pg/detail/queries.hpp>
#include <bight/pg/query.hpp>
#include <bight/pg/row.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace bight::pg {

namespace detail {
class stream_call;

/// Keeps the arguments of a stream.
class stored_arguments {
 public:
  virtual ~stored_arguments() = default;
  virtual std::span<const parameter> all() const noexcept = 0;
};
template <class... Args>
class stored_arguments_of final : public stored_arguments {
 public:
  explicit stored_arguments_of(std::tuple<Args...> values) : arguments_(std::move(values)) {}
  std::span<const parameter> all() const noexcept override { return arguments_.all(); }

 private:
  arguments<Args...> arguments_;
};
}  // namespace detail

/// The rows of a query, one after another, of which only a batch is in memory: see connection::stream.
/// Move-only. Destroying it early ends the query.
class row_stream {
 public:
  row_stream(std::shared_ptr<detail::session> s, query q, std::unique_ptr<detail::stored_arguments> values);
  row_stream(row_stream&&) noexcept;
  row_stream& operator=(row_stream&&) noexcept;
  ~row_stream();

  /// The number of rows that are requested from the server at a time. Default 1,000.
  row_stream& batch(std::uint32_t rows) noexcept;
  /// Returns the next row; null at the end. Lifetime: until the next call; `row_view::as` copies. Errors and
  /// cancellation: as for connection::fetch; the stream has then ended.
  [[nodiscard]] awaitable<const row_view*> next();
  /// The columns; known after the first `next`.
  const std::vector<column>& columns() const noexcept;
  /// Ends the query. No effect at the end of the stream.
  [[nodiscard]] awaitable<void> close();

 private:
  std::unique_ptr<detail::stream_call> call_;
};

namespace detail {
template <class... Args>
row_stream make_stream(session_ptr s, query q, Args... values) {
  require(s);
  return row_stream(
      std::move(s), std::move(q),
      std::make_unique<stored_arguments_of<Args...>>(std::tuple<Args...>{std::move(values)...}));
}
}  // namespace detail

}  // namespace bight::pg
