// transaction: BEGIN, COMMIT and ROLLBACK, and savepoints.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/detail/promise.hpp>
#include <bight/core/detail/traits.hpp>
#include <bight/pg/query.hpp>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace bight::pg {

class connection;
namespace detail {
class session;
}

enum class isolation : std::uint8_t { server_default, read_committed, repeatable_read, serializable };

/// How a transaction begins. Savepoints have no options. Trivially copyable.
struct transaction_options {
  isolation level = isolation::server_default;
  bool read_only = false;
  /// Of a serializable read-only one: wait until it cannot fail.
  bool deferrable = false;
};

/// An open transaction, or a savepoint inside one (asyncpg.transaction). Move-only. If it is destroyed before
/// it has been ended, it is rolled back before the next call of the connection.
///
///     auto tx = co_await db.begin();
///     co_await db.execute("delete from users where id = $1", 1);
///     co_await tx.commit();
///
/// Lifetime: may outlive the connection; it ends when the connection is given back to its pool. Cancellation
/// of `commit`: whether it was committed is not known.
class transaction {
 public:
  transaction() noexcept = default;
  transaction(std::shared_ptr<detail::session> s, unsigned level) noexcept;
  transaction(transaction&& other) noexcept
      : session_(std::move(other.session_)), number_(other.number_), level_(std::exchange(other.level_, 0)) {}
  transaction& operator=(transaction&& other) noexcept;
  ~transaction();

  /// Commits, or releases the savepoint. Errors: errc::transaction_state if it has ended, is not the
  /// innermost, or if the server rolled it back because a statement had failed; pg::error, also then it has
  /// ended.
  [[nodiscard]] awaitable<void> commit();
  /// Rolls back, to the savepoint if it is one.
  [[nodiscard]] awaitable<void> rollback();
  /// Neither committed nor rolled back yet.
  bool is_open() const noexcept { return level_ != 0; }

 private:
  awaitable<completion> end(std::string sql);
  bool is_current() const noexcept;

  std::shared_ptr<detail::session> session_;
  std::uint64_t number_ = 0;  // of the session's transactions
  unsigned level_ = 0;        // 1: the transaction itself; more: savepoints; 0: ended
};

namespace detail {

struct connection_access {
  static const std::shared_ptr<session>& session_of(const connection& c) noexcept;
};

awaitable<transaction> begin(std::shared_ptr<session> s, transaction_options how);
/// Rolls back because of another error, which is more interesting than one of the rollback.
awaitable<void> roll_back_quietly(transaction& tx);

template <class F>
awaitable<bight::detail::call_result_t<F, std::reference_wrapper<connection>>> in_transaction(
    connection& c, transaction_options how, F body) {
  using value = bight::detail::call_result_t<F, std::reference_wrapper<connection>>;
  auto tx = co_await begin(connection_access::session_of(c), how);
  bight::detail::result_slot<value> result;
  std::exception_ptr error;
  try {
    auto work = bight::detail::to_awaitable(std::invoke(body, c));
    if constexpr (std::is_void_v<value>)
      co_await std::move(work);
    else
      result.emplace(co_await std::move(work));
  } catch (const std::exception&) { error = std::current_exception(); }
  if (error) {
    co_await roll_back_quietly(tx);
    std::rethrow_exception(error);
  }
  co_await tx.commit();
  co_return result.take();
}

}  // namespace detail
}  // namespace bight::pg
