#include <bight/pg/pipeline.hpp>

#include <bight/core/race.hpp>
#include <bight/core/timeout.hpp>
#include <bight/pg/error.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>

#include "pg/connect/connector.hpp"
#include "pg/session/query_call.hpp"

namespace bight::pg {

using boost::system::system_error;

namespace detail {
namespace {

constexpr std::size_t send_at = 64U * 1024;

using items = std::vector<std::shared_ptr<pipeline_item>>;

std::exception_ptr aborted() {
  return std::make_exception_ptr(system_error(make_error_code(errc::pipeline_aborted), "pg"));
}

// Hands the answers to one item after the other.
class pipeline_reply final : public reply {
 public:
  pipeline_reply(session& s, std::vector<pipeline_item*> sent, std::vector<statement_ptr> statements,
                 bool atomic)
      : session_(&s), sent_(std::move(sent)), statements_(std::move(statements)), atomic_(atomic) {
    start();
  }

  bool take(const wire::event& e) override {
    if (e.kind == wire::event_kind::ready) return atomic_ ? finish_atomic() : finish_isolated();
    if (!answer_) return false;
    answer_->take(e);
    const bool ended = e.kind == wire::event_kind::complete || e.kind == wire::event_kind::suspended ||
                       e.kind == wire::event_kind::empty;
    if (atomic_ && ended) {
      settle();
      start();
    }
    return false;
  }

 private:
  void start() {
    answer_.reset();
    if (at_ == sent_.size()) return;
    auto& item = *sent_[at_];
    const auto& st = statements_[at_];
    answer_.emplace(*session_, item.what.name(), st ? st->layout : nullptr, item.sink());
    try {
      answer_->begin();
    } catch (...) {
      item.error = std::current_exception();
      answer_->drop_rows();
    }
  }
  void settle() {
    auto& item = *sent_[at_++];
    item.done = true;
    if (answer_->problem()) forget_stale(*session_, item.what.sql(), *answer_->problem());
    if (item.error) return;
    try {
      answer_->rethrow();
      item.complete(std::move(answer_->done()));
    } catch (...) { item.error = std::current_exception(); }
  }
  bool finish_isolated() {
    settle();
    start();
    return at_ == sent_.size();
  }
  // An error at the sync itself, of a deferred constraint, takes all of them back.
  bool finish_atomic() {
    if (answer_ && answer_->problem()) {
      settle();
      at_ = sent_.size();
      for (auto* const item : sent_) {
        item->done = true;
        if (item->error) continue;
        item->error = aborted();
        item->skipped = true;
      }
    }
    return true;
  }

  session* session_;
  std::vector<pipeline_item*> sent_;
  std::vector<statement_ptr> statements_;
  bool atomic_;
  std::size_t at_ = 0;
  std::optional<query_reply> answer_;
};

awaitable<statement_ptr> prepare_item(session& s, const pipeline_item& item) {
  throw_if_null_byte(item.what.sql());
  if (one_shot(s)) co_return nullptr;
  co_return co_await prepare(s, item.what);
}

// Of the statements without a name, the last one that was parsed is left: each is parsed again in its place.
bool is_parsed_again(const statement& st) noexcept { return st.name.empty(); }

void append_item(session& s, const statement* st, const pipeline_item& item) {
  if (!st) return append_one_shot(s, item.what, item.parameters(), item.max_rows);
  const auto before = s.out().size();
  if (is_parsed_again(*st)) wire::append_parse(s.out(), {}, item.what.sql(), {});
  try {
    append_bind_execute(s, *st, item.parameters(), item.max_rows);
  } catch (...) {
    s.out().resize(before);
    throw;
  }
}

void expect_item(session& s, const statement* st) {
  if (!st) return expect_one_shot(s);
  if (is_parsed_again(*st)) s.protocol().expect(wire::request::parse);
  expect_bind_execute(s);
}

awaitable<void> run_pipeline_now(session_ptr s, const items& all, bool atomic) {
  if (s->unsettled()) co_await s->drained();
  const session::call here{s};
  std::vector<pipeline_item*> sent;
  std::vector<statement_ptr> statements;
  for (const auto& item : all) {
    try {
      statement_ptr known = s->statements().find(item->what.sql());
      if (!known) known = co_await prepare_item(*s, *item);
      statements.push_back(std::move(known));
      sent.push_back(item.get());
    } catch (const system_error&) {
      if (atomic || s->broken()) throw;
      item->error = std::current_exception();
      item->done = true;
    }
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i != sent.size(); ++i) {
    try {
      append_item(*s, statements[i].get(), *sent[i]);
    } catch (const system_error&) {
      if (atomic) throw;
      sent[i]->error = std::current_exception();
      sent[i]->done = true;
      continue;
    }
    if (!atomic) wire::append_sync(s->out());
    sent[kept] = sent[i];
    statements[kept++] = statements[i];
  }
  sent.resize(kept);
  statements.resize(kept);
  if (sent.empty()) co_return;
  for (std::size_t i = 0; i != kept; ++i) {
    expect_item(*s, statements[i].get());
    if (!atomic) s->protocol().expect(wire::request::sync);
  }
  if (atomic) append_sync(*s);
  pipeline_reply answers{*s, std::move(sent), std::move(statements), atomic};
  co_await s->exchange(answers);
}

// Statements that are sent together have one limit: the shortest that was given.
clock::duration time_for_all(const session& s, const items& all) {
  auto limit = clock::duration::zero();
  for (const auto& item : all) {
    const auto own = item->what.timeout();
    if (own != clock::duration::zero() && (limit == clock::duration::zero() || own < limit)) limit = own;
  }
  return limit != clock::duration::zero() ? limit : s.from().settled().command_timeout;
}

// Errors of statements are in their items.
awaitable<void> run_pipeline(session_ptr s, const items& all, bool atomic) {
  static const query whole{"(pipeline)"};
  query_log log{*s, whole};
  try {
    auto work = [&] { return run_pipeline_now(s, all, atomic); };
    co_await timeout(time_for_all(*s, all), work);
    log.ended(all.size());
  } catch (const std::exception& e) {
    log.failed(e);
    for (const auto& item : all) {
      if (!item->done) item->error = std::current_exception();
      item->done = true;
    }
    throw;
  }
}

// The answers to executemany: only errors matter.
class many_reply final : public reply {
 public:
  explicit many_reply(std::string_view name) : name_(name) {}
  bool take(const wire::event& e) override {
    if (e.kind == wire::event_kind::error && !problem) problem.emplace(fields_of(e.body, name_));
    return e.kind == wire::event_kind::ready;
  }
  std::optional<error> problem;

 private:
  std::string_view name_;
};

// Answers are read while requests wait for room: a server that cannot send takes no more.
awaitable<void> read_while_writing(session& s, many_reply& answers) {
  while (s.writing()) {
    static_cast<void>(s.parse(answers));
    auto reading = s.fill();
    auto writing = s.written();
    static_cast<void>(co_await race(std::move(reading), std::move(writing)));
  }
}

awaitable<void> run_many_now(session_ptr s, const query& q, argument_source& source) {
  throw_if_null_byte(q.sql());
  if (s->unsettled()) co_await s->drained();
  const session::call here{s};
  statement_ptr known = s->statements().find(q.sql());
  if (!known && !one_shot(*s)) known = co_await prepare(*s, q);
  many_reply answers{q.name()};
  struct context {
    session* s;
    const query* q;
    const statement* st;
  } to{s.get(), &q, known.get()};
  const auto append = [](void* c, std::span<const parameter> values) {
    const auto& t = *static_cast<context*>(c);
    if (t.st) {
      append_bind_execute(*t.s, *t.st, values, 0);
      expect_bind_execute(*t.s);
    } else {
      append_one_shot(*t.s, *t.q, values, 0);
      expect_one_shot(*t.s);
    }
  };
  std::exception_ptr refused;  // after the first ones were sent, the server must be told to forget them
  try {
    while (!answers.problem && source.next(append, &to)) {
      s->unsynced(session::pending_sync::undo);
      if (s->out().size() < send_at) continue;
      s->send();
      co_await read_while_writing(*s, answers);
    }
  } catch (const system_error&) {
    if (s->broken()) throw;
    refused = std::current_exception();
  }
  if (refused) s->append_failure();
  s->unsynced(session::pending_sync::none);
  append_sync(*s);
  co_await s->exchange(answers);
  if (refused) std::rethrow_exception(refused);
  if (!answers.problem) co_return;
  forget_stale(*s, q.sql(), *answers.problem);
  throw error{*answers.problem};
}

}  // namespace

awaitable<void> run_many(session_ptr s, const query& q, argument_source& source) {
  query_log log{*s, q};
  try {
    auto work = [&] { return run_many_now(s, q, source); };
    co_await timeout(time_for(*s, q), work);
    log.ended(0);
  } catch (const std::exception& e) {
    log.failed(e);
    throw;
  }
}

void require_done(const pipeline_item& item) {
  if (!item.done) throw std::logic_error("bight: pg::pending::get before pipeline::run has ended");
  if (item.error) std::rethrow_exception(item.error);
}

}  // namespace detail

awaitable<void> pipeline::run() {
  detail::require(session_);
  const auto all = std::exchange(items_, {});
  if (all.empty()) co_return;
  co_await detail::run_pipeline(session_, all, mode_ == pipeline_mode::atomic);
  for (const auto& item : all)
    if (item->error && !item->skipped) std::rethrow_exception(item->error);
}

}  // namespace bight::pg
