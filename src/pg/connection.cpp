#include <bight/pg/connection.hpp>

#include <boost/system/system_error.hpp>

#include "pg/connect/connector.hpp"
#include "pg/session/query_call.hpp"

namespace bight::pg {

using boost::system::system_error;

connection::connection() noexcept = default;
connection::connection(std::shared_ptr<detail::session> s) noexcept : session_(std::move(s)) {}
connection::connection(connection&&) noexcept = default;
connection& connection::operator=(connection&&) noexcept = default;
connection::~connection() = default;

awaitable<completion> connection::execute(query q) {
  auto s = detail::require(session_);
  co_return co_await detail::run_script(std::move(s), q);
}

pg::pipeline connection::pipeline(pipeline_mode mode) { return {session_, mode}; }

awaitable<pg::transaction> connection::begin(transaction_options how) { return detail::begin(session_, how); }

awaitable<void> connection::cancel() {
  auto s = detail::require(session_);
  if (s->busy()) co_await s->cancel_call();
}

awaitable<void> connection::close() {
  auto s = session_;
  if (s) co_await s->close();
}

bool connection::is_open() const noexcept { return session_ && !session_->broken(); }
bool connection::is_busy() const noexcept { return session_ && session_->busy(); }
bool connection::in_transaction() const noexcept {
  return session_ && session_->protocol().transaction() != 'I';
}
bool connection::in_failed_transaction() const noexcept {
  return session_ && session_->protocol().transaction() == 'E';
}
std::uint32_t connection::server_pid() const noexcept { return session_ ? session_->pid() : 0; }

std::string_view connection::parameter(std::string_view name) const noexcept {
  const auto* const value = session_ ? session_->parameter(name) : nullptr;
  return value ? std::string_view{*value} : std::string_view{};
}

std::size_t connection::prepared_statements() const noexcept {
  return session_ ? session_->statements().size() : 0;
}

void connection::on_notice(std::function<void(const notice&)> f) {
  detail::require(session_)->on_notice = std::move(f);
}

awaitable<connection> connect(options o) {
  auto from = std::make_shared<detail::connector>(std::move(o));
  auto s = co_await from->connect();
  co_return connection(std::move(s));
}

namespace detail {

const session_ptr& require(const session_ptr& s) {
  if (!s) throw system_error(make_error_code(errc::connection_closed), "pg: not connected");
  return s;
}

std::size_t result_limit(const session& s) noexcept { return s.from().settled().max_result_bytes; }

void throw_no_rows(const query& q) {
  std::string text = "pg: the query returned no rows; read into a std::optional if that may be";
  if (!q.name().empty()) text.append("; query: ").append(q.name());
  throw system_error(make_error_code(errc::no_rows), text);
}

}  // namespace detail
}  // namespace bight::pg
