#include <bight/pg/transaction.hpp>

#include <algorithm>
#include <bight/pg/connection.hpp>
#include <bight/pg/error.hpp>
#include <boost/system/system_error.hpp>
#include <string>

#include "pg/fail.hpp"
#include "pg/session/query_call.hpp"

namespace bight::pg {

using boost::system::system_error;

namespace {

[[noreturn]] void refuse(const char* why) { detail::fail(errc::transaction_state, why); }

std::string text_of(const transaction_options& how) {
  std::string sql = "begin";
  switch (how.level) {
    case isolation::server_default:
      break;
    case isolation::read_committed:
      sql += " isolation level read committed";
      break;
    case isolation::repeatable_read:
      sql += " isolation level repeatable read";
      break;
    case isolation::serializable:
      sql += " isolation level serializable";
      break;
  }
  if (how.read_only) sql += " read only";
  if (how.deferrable) sql += " deferrable";
  return sql;
}

}  // namespace

transaction::transaction(std::shared_ptr<detail::session> s, unsigned level) noexcept
    : session_(std::move(s)), number_(session_->transaction_number()), level_(level) {}

transaction& transaction::operator=(transaction&& other) noexcept {
  const transaction old{std::move(*this)};
  session_ = std::move(other.session_);
  number_ = other.number_;
  level_ = std::exchange(other.level_, 0);
  return *this;
}

transaction::~transaction() {
  if (level_ != 0 && is_current()) session_->roll_back(level_);
}

// A connection of a pool has the transactions of others after this one.
bool transaction::is_current() const noexcept { return number_ == session_->transaction_number(); }

// A call that could not begin leaves the transaction open; after any other failure it has ended, one way or
// the other.
awaitable<completion> transaction::end(std::string sql) {
  if (level_ == 0 || !is_current()) refuse("the transaction has already ended");
  if (session_->level() != level_) refuse("an inner transaction is still open");
  const auto s = session_;
  const query q{std::move(sql)};
  try {
    auto done = co_await detail::run_script(s, q);
    s->level(std::exchange(level_, 0) - 1);
    co_return done;
  } catch (const system_error& e) {
    if (e.code() != errc::busy) s->roll_back(std::exchange(level_, 0));
    throw;
  } catch (...) {
    s->roll_back(std::exchange(level_, 0));
    throw;
  }
}

awaitable<void> transaction::commit() {
  std::string sql{"commit"};
  if (level_ > 1) sql = "release savepoint " + detail::savepoint_name(level_);
  const auto done = co_await end(std::move(sql));
  if (done.tag == "ROLLBACK") refuse("the transaction was rolled back, because a statement in it had failed");
}

awaitable<void> transaction::rollback() { co_await end(detail::rollback_text(level_)); }

namespace detail {

const session_ptr& connection_access::session_of(const connection& c) noexcept { return c.session_; }

awaitable<transaction> begin(session_ptr s, transaction_options how) {
  require(s);
  if (s->unsettled()) co_await s->drained();
  // Also inside a BEGIN of the user's own.
  const bool inside = s->protocol().transaction() != 'I';
  const unsigned level = inside ? std::max(s->level(), 1U) + 1 : 1;
  const query q{inside ? "savepoint " + savepoint_name(level) : text_of(how)};
  if (!inside) s->next_transaction();
  try {
    co_await run_script(s, q);
  } catch (const error&) { throw; } catch (...) {
    if (s->draining()) s->roll_back(level);  // it was sent
    throw;
  }
  s->level(level);
  co_return transaction(s, level);
}

awaitable<void> roll_back_quietly(transaction& tx) {
  try {
    if (tx.is_open()) co_await tx.rollback();
  } catch (const std::exception&) {  // the error that led here says more
  }
}

}  // namespace detail
}  // namespace bight::pg
