#include <bight/pg/row_stream.hpp>

#include <algorithm>
#include <bight/core/timeout.hpp>
#include <bight/pg/error.hpp>
#include <boost/system/system_error.hpp>
#include <optional>

#include "pg/connect/connector.hpp"
#include "pg/session/query_call.hpp"

namespace bight::pg::detail {

using boost::system::system_error;

namespace {

// Stops at each row, which stays where it was received.
class row_reply final : public reply {
 public:
  row_reply(session& s, std::string_view name) : session_(&s), name_(name) {}
  bool take(const wire::event& e) override {
    kind = e.kind;
    switch (e.kind) {
      case wire::event_kind::row:
        if (!layout || !wire::valid_row(e.body, layout->columns.size())) violation();
        body = e.body.data();
        return true;
      case wire::event_kind::columns: {
        std::vector<wire::column_description> columns;
        if (!wire::parse_columns(e.body, columns)) violation();
        layout = make_layout(session_->from().types(), columns, true);
        return false;
      }
      case wire::event_kind::copy_in:
      case wire::event_kind::copy_out:
        throw system_error(make_error_code(errc::unexpected_copy), "pg: use copy_in or copy_out");
      case wire::event_kind::error:
        if (!problem) problem.emplace(fields_of(e.body, name_));
        return true;
      case wire::event_kind::complete:
      case wire::event_kind::suspended:
      case wire::event_kind::empty:
      case wire::event_kind::ready:
        return true;
      default:
        return false;
    }
  }
  wire::event_kind kind{};
  const char* body = nullptr;
  std::shared_ptr<const row_layout> layout;
  std::optional<error> problem;

 private:
  [[noreturn]] void violation() {
    session_->break_off();
    throw system_error(make_error_code(errc::protocol_violation),
                       "pg: a row that does not fit its description");
  }
  session* session_;
  std::string_view name_;
};

}  // namespace

class stream_call {
 public:
  stream_call(session_ptr s, query q, std::unique_ptr<stored_arguments> values)
      : session_(std::move(s)),
        query_(std::move(q)),
        values_(std::move(values)),
        answer_(*session_, query_.name()) {}

  void batch(std::uint32_t rows) noexcept { batch_ = std::max(rows, 1U); }
  const std::shared_ptr<const row_layout>& layout() const noexcept { return answer_.layout; }

  awaitable<const row_view*> next() {
    if (ended_) co_return nullptr;
    try {
      answer_.kind = wire::event_kind::need_more;
      if (begun_ && session_->parse(answer_) && answer_.kind == wire::event_kind::row) co_return show();
      auto work = [this] { return advance(); };
      co_return co_await timeout(time_for(*session_, query_), work);
    } catch (...) {
      ended_ = true;
      here_.reset();
      throw;
    }
  }

  awaitable<void> close() {
    if (std::exchange(ended_, true)) co_return;
    here_.reset();  // the session drains, and the next call waits for that
    if (session_->unsettled()) co_await session_->drained();
  }

 private:
  const row_view* show() noexcept {
    repeatable_ = false;
    row_ = row_view{*answer_.layout, answer_.body};
    return &row_;
  }

  // Precondition: the last event was not a row.
  awaitable<const row_view*> advance() {
    if (!begun_) co_await begin();
    while (true) {
      switch (std::exchange(answer_.kind, wire::event_kind::need_more)) {
        case wire::event_kind::row:
          co_return show();
        case wire::event_kind::suspended:
          wire::append_execute(session_->out(), {}, batch_);
          session_->protocol().expect(wire::request::execute);
          wire::append_flush(session_->out());
          session_->send();
          break;
        case wire::event_kind::complete:
        case wire::event_kind::empty:
        case wire::event_kind::error:
          session_->unsynced(session::pending_sync::none);
          append_portal_closes(*session_);
          append_sync(*session_);
          session_->send();
          break;
        case wire::event_kind::ready: {
          here_.reset();
          const bool again = must_begin_again();
          if (again) {
            co_await begin();
            break;
          }
          ended_ = true;
          if (answer_.problem) throw error{*answer_.problem};
          co_return nullptr;
        }
        default:
          break;
      }
      while (!session_->parse(answer_)) co_await session_->fill();
    }
  }

  // Outside a transaction, a statement that was kept too long is prepared again.
  bool must_begin_again() {
    if (!answer_.problem) return false;
    forget_stale(*session_, query_.sql(), *answer_.problem);
    if (!is_stale(*answer_.problem) || !repeatable_) return false;
    answer_.problem.reset();
    return true;
  }

  awaitable<void> begin() {
    throw_if_null_byte(query_.sql());
    if (session_->unsettled()) co_await session_->drained();
    here_.emplace(session_);
    auto& s = *session_;
    if (one_shot(s)) {
      append_one_shot(s, query_, values_->all(), batch_);
      expect_one_shot(s);
    } else {
      statement_ = s.statements().find(query_.sql());
      repeatable_ = statement_ && s.protocol().transaction() == 'I';
      if (!statement_) statement_ = co_await prepare(s, query_);
      answer_.layout = statement_->layout;
      append_bind_execute(s, *statement_, values_->all(), batch_);
      expect_bind_execute(s);
    }
    wire::append_flush(s.out());
    s.unsynced(session::pending_sync::keep);
    begun_ = true;
    s.send();
  }

  session_ptr session_;
  query query_;
  std::unique_ptr<stored_arguments> values_;
  row_reply answer_;
  statement_ptr statement_;
  std::optional<session::call> here_;
  row_view row_;
  std::uint32_t batch_ = 1000;
  bool begun_ = false;
  bool ended_ = false;
  bool repeatable_ = false;  // nothing has been done yet that a second attempt would do again
};

}  // namespace bight::pg::detail

namespace bight::pg {

row_stream::row_stream(std::shared_ptr<detail::session> s, query q,
                       std::unique_ptr<detail::stored_arguments> values)
    : call_(std::make_unique<detail::stream_call>(std::move(s), std::move(q), std::move(values))) {}
row_stream::row_stream(row_stream&&) noexcept = default;
row_stream& row_stream::operator=(row_stream&&) noexcept = default;
row_stream::~row_stream() = default;

row_stream& row_stream::batch(std::uint32_t rows) noexcept {
  call_->batch(rows);
  return *this;
}
awaitable<const row_view*> row_stream::next() { return call_->next(); }
awaitable<void> row_stream::close() { return call_->close(); }

const std::vector<column>& row_stream::columns() const noexcept {
  static const std::vector<column> none;
  return call_->layout() ? call_->layout()->columns : none;
}

}  // namespace bight::pg
