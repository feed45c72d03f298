#include <bight/pg/cursor.hpp>

#include <bight/core/timeout.hpp>
#include <bight/pg/error.hpp>
#include <boost/system/system_error.hpp>
#include <string>

#include "pg/connect/connector.hpp"
#include "pg/fail.hpp"
#include "pg/session/query_call.hpp"

namespace bight::pg::detail {

/// A named portal. The statement is kept: its end at the server would be that of the portal.
class portal {
 public:
  portal(session_ptr s, query q) : session(std::move(s)), what(std::move(q)), name(session->new_portal()) {}
  portal(const portal&) = delete;
  portal& operator=(const portal&) = delete;
  ~portal() {
    if (open) session->forget_portal(std::move(name));
  }

  session_ptr session;
  query what;
  std::string name;
  statement_ptr statement;  // null: not prepared
  std::shared_ptr<const row_layout> layout;
  bool open = false;
  bool ended = false;
};

namespace {

// The answer to what opens or closes a portal.
class portal_reply final : public reply {
 public:
  portal_reply(session& s, portal& p) noexcept : session_(&s), portal_(&p) {}
  bool take(const wire::event& e) override {
    if (e.kind == wire::event_kind::error && !problem)
      problem.emplace(fields_of(e.body, portal_->what.name()));
    if (e.kind == wire::event_kind::columns) {
      std::vector<wire::column_description> columns;
      if (!wire::parse_columns(e.body, columns)) {
        session_->break_off();
        fail(errc::protocol_violation, "a malformed RowDescription");
      }
      portal_->layout = make_layout(session_->from().types(), columns, true);
    }
    return e.kind == wire::event_kind::ready;
  }
  std::optional<error> problem;

 private:
  session* session_;
  portal* portal_;
};

awaitable<void> open_now(portal& p, std::span<const parameter> parameters) {
  auto& s = *p.session;
  throw_if_null_byte(p.what.sql());
  if (s.unsettled()) co_await s.drained();
  const session::call here{p.session};
  if (s.protocol().transaction() == 'I')
    fail(errc::transaction_state, "a cursor exists only inside a transaction");
  if (one_shot(s)) {
    append_one_shot_bind(s, p.what, p.name, parameters);
  } else {
    p.statement = s.statements().find(p.what.sql());
    if (!p.statement) p.statement = co_await prepare(s, p.what);
    p.layout = p.statement->layout;
    append_bind(s, *p.statement, p.name, parameters);
    s.protocol().expect(wire::request::bind);
  }
  append_portal_closes(s);
  append_sync(s);
  p.open = true;
  portal_reply answer{s, p};
  co_await s.exchange(answer);
  if (!answer.problem) co_return;
  forget_stale(s, p.what.sql(), *answer.problem);
  throw error{*answer.problem};
}

awaitable<completion> run_now(portal& p, row_sink* sink, std::uint32_t n) {
  auto& s = *p.session;
  if (s.unsettled()) co_await s.drained();
  const session::call here{p.session};
  query_reply answer{s, p.what.name(), p.layout, sink};
  answer.begin();
  wire::append_execute(s.out(), p.name, n);
  s.protocol().expect(wire::request::execute);
  append_portal_closes(s);
  append_sync(s);
  co_await s.exchange(answer);
  answer.rethrow();
  auto done = std::move(answer.done());
  p.ended = !done.tag.empty();
  done.rows = answer.rows();
  co_return done;
}

awaitable<void> close_now(portal& p) {
  auto& s = *p.session;
  if (s.unsettled()) co_await s.drained();
  const session::call here{p.session};
  p.open = false;
  wire::append_close(s.out(), 'P', p.name);
  s.protocol().expect(wire::request::close);
  append_sync(s);
  portal_reply answer{s, p};
  co_await s.exchange(answer);
  if (answer.problem) throw error{*answer.problem};
}

}  // namespace

awaitable<portal_ptr> open_portal(session_ptr s, query q, std::span<const parameter> parameters) {
  const auto p = std::make_shared<portal>(std::move(s), std::move(q));
  query_log log{*p->session, p->what};
  try {
    auto work = [&] { return open_now(*p, parameters); };
    co_await timeout(time_for(*p->session, p->what), work);
    log.ended(0);
    co_return p;
  } catch (const std::exception& e) {
    log.failed(e);
    throw;
  }
}

awaitable<completion> run_portal(portal_ptr p, row_sink* sink, std::uint32_t n) {
  if (!p || !p->open) fail(errc::transaction_state, "the cursor is closed");
  if (p->ended || n == 0) {
    if (sink) sink->begin(p->layout);
    co_return completion{};
  }
  query_log log{*p->session, p->what};
  try {
    auto work = [&] { return run_now(*p, sink, n); };
    auto done = co_await timeout(time_for(*p->session, p->what), work);
    log.ended(done.rows);
    co_return done;
  } catch (const std::exception& e) {
    log.failed(e);
    throw;
  }
}

}  // namespace bight::pg::detail

namespace bight::pg {

awaitable<result> cursor::fetch_result(detail::portal_ptr p, std::uint32_t n) {
  if (!p) detail::fail(errc::transaction_state, "the cursor is closed");
  detail::result_collector rows{detail::result_limit(*p->session)};
  rows.data()->done = co_await detail::run_portal(p, &rows, n);
  co_return result(rows.take());
}

awaitable<std::uint64_t> cursor::forward(std::uint32_t n) {
  const auto done = co_await detail::run_portal(portal_, nullptr, n);
  co_return done.rows;
}

awaitable<void> cursor::close() {
  const auto p = portal_;
  if (!p || !p->open) co_return;
  auto work = [&] { return detail::close_now(*p); };
  co_await timeout(detail::time_for(*p->session, p->what), work);
}

bool cursor::at_end() const noexcept { return portal_ && portal_->ended; }

const std::vector<column>& cursor::columns() const noexcept {
  static const std::vector<column> none;
  return portal_ && portal_->layout ? portal_->layout->columns : none;
}

}  // namespace bight::pg
