// The calls of connection, with their templates taken off.
#pragma once
#include <array>
#include <bight/core/awaitable.hpp>
#include <bight/pg/detail/arguments.hpp>
#include <bight/pg/detail/result_data.hpp>
#include <bight/pg/detail/row_sink.hpp>
#include <bight/pg/query.hpp>
#include <bight/pg/result.hpp>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace bight::pg::detail {

class session;
using session_ptr = std::shared_ptr<session>;

/// What `fetch<T>` returns.
template <class T>
struct fetched {
  using type = std::vector<T>;
};
template <>
struct fetched<result> {
  using type = result;
};
template <class T>
using fetched_t = typename fetched<T>::type;

/// Errors: errc::connection_closed if it is null.
const session_ptr& require(const session_ptr& s);
std::size_t result_limit(const session& s) noexcept;
[[noreturn]] void throw_no_rows(const query& q);

awaitable<completion> run_query(session_ptr s, const query& q, std::span<const parameter> parameters,
                                row_sink* sink, std::uint32_t max_rows);

/// Reads each row into a T.
template <class T>
class typed_sink final : public row_sink {
 public:
  void begin(const std::shared_ptr<const row_layout>& layout) override {
    layout_ = layout;
    plan_.emplace(*layout);
  }
  void row(std::string_view body) override { all.push_back(plan_->read(*layout_, body.data())); }
  std::vector<T> all;

 private:
  std::shared_ptr<const row_layout> layout_;
  std::optional<row_plan<T>> plan_;
};

template <class... Args>
awaitable<completion> execute(session_ptr s, query q, Args... values) {
  require(s);
  const arguments<Args...> all{std::tuple<Args...>{std::move(values)...}};
  co_return co_await run_query(std::move(s), q, all.all(), nullptr, 0);
}

template <class... Args>
awaitable<result> fetch(session_ptr s, query q, Args... values) {
  require(s);
  const arguments<Args...> all{std::tuple<Args...>{std::move(values)...}};
  result_collector rows{result_limit(*s)};
  rows.data()->done = co_await run_query(std::move(s), q, all.all(), &rows, 0);
  co_return result(rows.take());
}

template <class T, class... Args>
awaitable<std::vector<T>> fetch_all(session_ptr s, query q, Args... values) {
  require(s);
  const arguments<Args...> all{std::tuple<Args...>{std::move(values)...}};
  typed_sink<T> rows;
  co_await run_query(std::move(s), q, all.all(), &rows, 0);
  co_return std::move(rows.all);
}

template <class... Args>
awaitable<std::optional<row>> fetch_row(session_ptr s, query q, Args... values) {
  require(s);
  const arguments<Args...> all{std::tuple<Args...>{std::move(values)...}};
  result_collector rows{result_limit(*s)};
  rows.data()->done = co_await run_query(std::move(s), q, all.all(), &rows, 1);
  const result r(rows.take());
  if (r.empty()) co_return std::nullopt;
  co_return r.front();
}

template <class T, class... Args>
awaitable<std::optional<T>> fetch_first(session_ptr s, query q, Args... values) {
  require(s);
  const arguments<Args...> all{std::tuple<Args...>{std::move(values)...}};
  typed_sink<T> rows;
  co_await run_query(std::move(s), q, all.all(), &rows, 1);
  if (rows.all.empty()) co_return std::nullopt;
  co_return std::optional<T>(std::move(rows.all.front()));
}

/// The first column of the first row.
template <class T>
class value_sink final : public row_sink {
 public:
  void begin(const std::shared_ptr<const row_layout>& layout) override {
    layout_ = layout;
    require_column(*layout, 0);
    require_type<T>(layout->columns.front(), {});
  }
  void row(std::string_view body) override {
    codec_error problem;
    if (!value)
      value.emplace(decode_field<T>(layout_->columns.front(), field_cursor{body.data()}.next(), problem));
  }
  std::optional<T> value;

 private:
  std::shared_ptr<const row_layout> layout_;
};

template <class T, class... Args>
awaitable<T> fetch_value(session_ptr s, query q, Args... values) {
  require(s);
  const arguments<Args...> all{std::tuple<Args...>{std::move(values)...}};
  value_sink<T> first;
  co_await run_query(std::move(s), q, all.all(), &first, 1);
  if (first.value) co_return std::move(*first.value);
  if constexpr (is_optional<T>)
    co_return std::nullopt;
  else
    throw_no_rows(q);
}

/// The next arguments of executemany.
class argument_source {
 public:
  /// Calls `use` with the next ones, false if there are no more.
  virtual bool next(void (*use)(void* context, std::span<const parameter>), void* context) = 0;

 protected:
  ~argument_source() = default;
};

awaitable<void> run_many(session_ptr s, const query& q, argument_source& source);

template <class Rows>
class range_source final : public argument_source {
 public:
  explicit range_source(const Rows& rows) : at_(std::begin(rows)), end_(std::end(rows)) {}
  bool next(void (*use)(void* context, std::span<const parameter>), void* context) override {
    if (at_ == end_) return false;
    std::apply(
        [&](const auto&... values) {
          const std::array<parameter, sizeof...(values)> all{make_parameter(values)...};
          use(context, all);
        },
        *at_);
    ++at_;
    return true;
  }

 private:
  decltype(std::begin(std::declval<const Rows&>())) at_;
  decltype(std::end(std::declval<const Rows&>())) end_;
};

template <class Rows>
awaitable<void> executemany(session_ptr s, query q, const Rows& rows) {
  require(s);
  range_source<Rows> source{rows};
  co_await run_many(std::move(s), q, source);
}

}  // namespace bight::pg::detail
