// pipeline: statements that are sent together.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/pg/detail/queries.hpp>
#include <bight/pg/query.hpp>
#include <bight/pg/result.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight::pg {

/// What a failing statement means for the others of its pipeline.
enum class pipeline_mode : std::uint8_t {
  isolated,  ///< Nothing: each is a transaction of its own, unless one is open.
  atomic,    ///< All of them are one transaction: none has been done, and those behind it are skipped.
};

namespace detail {

/// A statement of a pipeline, and what becomes of it.
class pipeline_item {
 public:
  pipeline_item(query q, std::uint32_t most) : what(std::move(q)), max_rows(most) {}
  pipeline_item(const pipeline_item&) = delete;
  pipeline_item& operator=(const pipeline_item&) = delete;
  virtual ~pipeline_item() = default;
  virtual std::span<const parameter> parameters() const noexcept = 0;
  virtual row_sink* sink() noexcept = 0;
  virtual void complete(completion&& c) = 0;

  query what;
  std::uint32_t max_rows;
  std::exception_ptr error;
  bool done = false;
  bool skipped = false;  ///< `error` says so, and another item has the reason.
};

/// Where the outcome of a statement goes: `value()` is its result.
template <class T>
class pipeline_value : public pipeline_item {
 public:
  using pipeline_item::pipeline_item;
  virtual T& value() = 0;
};

template <class T, class Outcome, class... Args>
class pipeline_call final : public pipeline_value<T> {
 public:
  pipeline_call(query q, std::uint32_t most, Outcome outcome, std::tuple<Args...> values)
      : pipeline_value<T>(std::move(q), most), arguments_(std::move(values)), outcome_(std::move(outcome)) {}
  std::span<const parameter> parameters() const noexcept override { return arguments_.all(); }
  row_sink* sink() noexcept override { return outcome_.sink(); }
  void complete(completion&& c) override { outcome_.complete(std::move(c), this->what); }
  T& value() override { return outcome_.value(); }

 private:
  arguments<Args...> arguments_;
  Outcome outcome_;
};

class completion_outcome {
 public:
  row_sink* sink() noexcept { return nullptr; }
  void complete(completion&& c, const query&) { done_ = std::move(c); }
  completion& value() noexcept { return done_; }

 private:
  completion done_;
};
class result_outcome {
 public:
  explicit result_outcome(std::size_t max_bytes) : rows_(max_bytes) {}
  row_sink* sink() noexcept { return &rows_; }
  void complete(completion&& c, const query&) {
    rows_.data()->done = std::move(c);
    all_ = result(rows_.take());
  }
  result& value() noexcept { return all_; }

 private:
  result_collector rows_;
  result all_;
};
template <class T>
class rows_outcome {
 public:
  row_sink* sink() noexcept { return &rows_; }
  void complete(completion&&, const query&) {}
  std::vector<T>& value() noexcept { return rows_.all; }

 private:
  typed_sink<T> rows_;
};
template <class T>
class value_outcome {
 public:
  row_sink* sink() noexcept { return &first_; }
  void complete(completion&&, const query& q) {
    if (first_.value) return;
    if constexpr (is_optional<T>)
      first_.value.emplace();
    else
      throw_no_rows(q);
  }
  T& value() noexcept { return *first_.value; }

 private:
  value_sink<T> first_;
};

/// Throws the error of an item that failed, or std::logic_error if it has not run.
void require_done(const pipeline_item& item);

}  // namespace detail

/// What a statement of a pipeline will return. Copies share it.
template <class T>
class pending {
 public:
  explicit pending(std::shared_ptr<detail::pipeline_value<T>> item) noexcept : item_(std::move(item)) {}
  /// Errors: that of the statement; errc::pipeline_aborted if it was skipped; std::logic_error before
  /// `pipeline::run` has ended.
  T& get() const {
    detail::require_done(*item_);
    return item_->value();
  }

 private:
  std::shared_ptr<detail::pipeline_value<T>> item_;
};

/// Statements that are sent together and cost one round trip, or a few if they are not prepared yet.
///
///     auto p = db.pipeline();
///     auto name = p.fetch_value<std::string>("select name from users where id = $1", 1);
///     auto done = p.execute("update visits set n = n + 1 where user_id = $1", 1);
///     co_await p.run();
///     print(name.get(), done.get().rows);
///
/// The calls only collect; arguments are copied. Reusable after `run`. Lifetime: may outlive the connection.
class pipeline {
 public:
  pipeline(std::shared_ptr<detail::session> s, pipeline_mode mode) noexcept
      : session_(std::move(s)), mode_(mode) {}

  template <class... Args>
  pending<completion> execute(query q, Args... arguments) {
    return add<completion>(std::move(q), 0, detail::completion_outcome{}, std::move(arguments)...);
  }
  template <class T = result, class... Args>
  pending<detail::fetched_t<T>> fetch(query q, Args... arguments) {
    if constexpr (std::is_same_v<T, result>) {
      detail::result_outcome outcome{detail::result_limit(*detail::require(session_))};
      return add<result>(std::move(q), 0, std::move(outcome), std::move(arguments)...);
    } else {
      return add<std::vector<T>>(std::move(q), 0, detail::rows_outcome<T>{}, std::move(arguments)...);
    }
  }
  template <class T, class... Args>
  pending<T> fetch_value(query q, Args... arguments) {
    return add<T>(std::move(q), 1, detail::value_outcome<T>{}, std::move(arguments)...);
  }

  std::size_t size() const noexcept { return items_.size(); }
  /// Sends everything and waits until all have ended, for at most the shortest time that was given with one
  /// of the queries. Then the pipeline is empty. Errors: the first error of a statement, after all have
  /// ended; `pending::get` has each. Cancellation: as for a call of the connection.
  [[nodiscard]] awaitable<void> run();

 private:
  template <class T, class Outcome, class... Args>
  pending<T> add(query q, std::uint32_t max_rows, Outcome outcome, Args... arguments) {
    auto item = std::make_shared<detail::pipeline_call<T, Outcome, Args...>>(
        std::move(q), max_rows, std::move(outcome), std::tuple<Args...>{std::move(arguments)...});
    items_.push_back(item);
    return pending<T>(std::move(item));
  }

  std::shared_ptr<detail::session> session_;
  pipeline_mode mode_;
  std::vector<std::shared_ptr<detail::pipeline_item>> items_;
};

}  // namespace bight::pg
