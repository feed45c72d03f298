#include "pg/session/query_call.hpp"

#include <algorithm>
#include <bight/core/cancel.hpp>
#include <bight/core/timeout.hpp>
#include <bight/pg/detail/row_reading.hpp>
#include <bight/pg/row.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <limits>
#include <utility>

#include "pg/connect/connector.hpp"
#include "pg/fail.hpp"
#include "pg/session/type_learning.hpp"

namespace bight::pg::detail {

using boost::system::system_error;

namespace {

std::vector<std::uint16_t> compact(std::vector<std::uint16_t> formats) {
  const auto is = [&formats](std::uint16_t f) {
    return std::ranges::all_of(formats, [f](auto g) { return f == g; });
  };
  if (is(0)) return {};
  if (is(1)) return {1};
  return formats;
}

std::uint16_t code_of(format f) noexcept { return static_cast<std::uint16_t>(f); }

// The answer to Parse and Describe.
class prepare_reply final : public reply {
 public:
  explicit prepare_reply(std::string_view name) : name_(name) {}
  bool take(const wire::event& e) override {
    switch (e.kind) {
      case wire::event_kind::parameter_types:
        malformed = malformed || !wire::parse_parameter_types(e.body, parameters);
        break;
      case wire::event_kind::columns:
        malformed = malformed || !wire::parse_columns(e.body, columns);
        break;
      case wire::event_kind::error:
        if (!problem) problem.emplace(fields_of(e.body, name_));
        break;
      default:
        break;
    }
    return e.kind == wire::event_kind::ready;
  }
  std::vector<std::uint32_t> parameters;
  std::vector<wire::column_description> columns;
  std::optional<error> problem;
  bool malformed = false;

 private:
  std::string_view name_;
};

// Encodes one parameter, or throws.
void append_parameter(wire::bind_writer& bind, const parameter& p, const data_type& type,
                      std::size_t number) {
  codec_error problem;
  if (const auto why = p.check(type); !why.empty()) problem.fail(why);
  bind.begin_value();
  value_writer out{type.base(), bind.body(), problem};
  const bool value = !problem && p.write(p.value, out);
  if (problem)
    fail(errc::wrong_parameter,
         '$' + std::to_string(number) + " (" + std::string{type.name()} + "): " + problem.to_string());
  if (value)
    bind.end_value();
  else
    bind.null_value();
}

}  // namespace

query_reply::query_reply(session& s, std::string_view name, std::shared_ptr<const row_layout> layout,
                         row_sink* sink)
    : session_(&s),
      name_(name),
      layout_(std::move(layout)),
      sink_(sink),
      columns_(layout_ ? layout_->columns.size() : 0) {}

template <class F>
void query_reply::guarded(F&& f) noexcept {
  try {
    f();
  } catch (...) {
    if (!thrown_) thrown_ = std::current_exception();
    sink_ = nullptr;
  }
}

void query_reply::begin() {
  if (layout_ && sink_) sink_->begin(layout_);
}

bool query_reply::take(const wire::event& e) {
  switch (e.kind) {
    case wire::event_kind::row:
      take_row(e.body);
      break;
    case wire::event_kind::columns:
      take_columns(e.body);
      break;
    case wire::event_kind::complete: {
      std::string_view tag;
      if (!wire::parse_tag(e.body, tag)) break;
      done_.tag = tag;
      done_.rows += wire::rows_of_tag(tag);
      if (tag == "DISCARD ALL" || tag == "DEALLOCATE ALL") session_->statements().forget();
      break;
    }
    case wire::event_kind::error:
      if (!problem_) problem_.emplace(fields_of(e.body, name_));
      break;
    case wire::event_kind::copy_in:
    case wire::event_kind::copy_out:
      refuse_copy(e.kind == wire::event_kind::copy_in);
      break;
    case wire::event_kind::ready:
      return true;
    default:
      break;
  }
  return false;
}

// A row that is not what was described must not reach views, which do not check.
void query_reply::take_row(std::string_view body) {
  if (!wire::valid_row(body, columns_)) {
    session_->break_off();
    fail(errc::protocol_violation, "a row that does not fit its description");
  }
  ++rows_;
  if (sink_) guarded([&] { sink_->row(body); });
}

void query_reply::take_columns(std::string_view body) {
  std::vector<wire::column_description> columns;
  if (!wire::parse_columns(body, columns)) {
    session_->break_off();
    fail(errc::protocol_violation, "a malformed RowDescription");
  }
  layout_ = make_layout(session_->from().types(), columns, true);
  columns_ = columns.size();
  if (sink_) guarded([&] { sink_->begin(layout_); });
}

void query_reply::refuse_copy(bool in) {
  if (!thrown_)
    thrown_ = std::make_exception_ptr(
        system_error(make_error_code(errc::unexpected_copy), in ? "pg: use copy_in" : "pg: use copy_out"));
  sink_ = nullptr;
  if (in) session_->fail_copy("COPY FROM STDIN in a call that is not for it");
}

void query_reply::rethrow() const {
  if (thrown_) std::rethrow_exception(thrown_);
  if (problem_) throw error{*problem_};
}

void throw_if_null_byte(std::string_view sql) {
  if (sql.find('\0') != sql.npos) fail(errc::wrong_parameter, "the statement contains a null byte");
}

namespace {

// The message may be in any language.
bool is_changed_plan(const error& e) noexcept {
  return e.code() == sqlstate::feature_not_supported &&
         (e.routine() == "RevalidateCachedQuery" || e.message().find("cached plan") != std::string::npos);
}

// A parameter was written as the composite type was before.
bool is_altered_type(const error& e) noexcept { return e.state() == "42804" && e.routine() == "record_recv"; }

}  // namespace

bool is_stale(const error& e) noexcept {
  return e.code() == sqlstate::invalid_sql_statement_name || is_changed_plan(e);
}

void forget_stale(session& s, std::string_view sql, const error& e) {
  if (is_stale(e)) s.statements().erase(sql);
  if (is_changed_plan(e)) s.from().schema_changed();
  if (is_altered_type(e)) s.from().types_changed();
  s.drop_outdated_statements();
}

namespace {

// Closes statements that were dropped from the cache, before what begins there: behind a request that fails
// the server would skip that. One that a pipeline still uses is closed later.
void insert_closes(session& s, std::size_t at) {
  auto& dropped = s.statements().dropped();
  if (dropped.empty()) return;
  std::string closes;
  std::erase_if(dropped, [&](const auto& st) {
    if (st.use_count() > 1) return false;
    wire::append_close(closes, 'S', st->name);
    s.protocol().expect(wire::request::close);
    return true;
  });
  s.out().insert(at, closes);
}

}  // namespace

void append_portal_closes(session& s) {
  for (const auto& name : s.forgotten_portals()) {
    wire::append_close(s.out(), 'P', name);
    s.protocol().expect(wire::request::close);
  }
  s.forgotten_portals().clear();
}

void append_sync(session& s) {
  wire::append_sync(s.out());
  s.protocol().expect(wire::request::sync);
}

std::shared_ptr<const row_layout> make_layout(const std::shared_ptr<type_catalog>& types,
                                              const std::vector<wire::column_description>& columns,
                                              bool use_described_format) {
  static const data_type& unknown = *find_builtin(oids::unknown);
  auto layout = std::make_shared<row_layout>();
  layout->columns.reserve(columns.size());
  for (const auto& c : columns) {
    auto& to = layout->columns.emplace_back();
    to.name = c.name;
    to.type = types->find(c.type);
    if (!to.type) to.type = &unknown;
    to.format = use_described_format ? static_cast<format>(c.format) : to.type->format();
    to.table = c.table;
    to.number = c.number;
  }
  layout->keeps = types;
  return layout;
}

namespace {

awaitable<prepare_reply> parse_and_describe(session& s, const query& q, std::string_view name) {
  insert_closes(s, s.out().size());
  wire::append_parse(s.out(), name, q.sql(), {});
  wire::append_describe(s.out(), 'S', name);
  s.protocol().expect(wire::request::parse);
  s.protocol().expect(wire::request::describe_statement);
  append_sync(s);
  prepare_reply answer{q.name()};
  co_await s.exchange(answer);
  if (answer.problem) throw error{*answer.problem};
  if (answer.malformed) {
    s.break_off();
    fail(errc::protocol_violation, "a malformed description of a statement");
  }
  co_return answer;
}

awaitable<statement_ptr> prepare_now(session& s, const query& q, bool keep) {
  auto made = std::make_shared<statement>();
  if (keep) made->name = s.statements().new_name();
  auto answer = co_await parse_and_describe(s, q, made->name);
  auto types = answer.parameters;
  for (const auto& c : answer.columns) types.push_back(c.type);
  const auto catalog = s.from().types();  // that of now: another session may find it outdated meanwhile
  const bool asked = co_await learn_types(s, *catalog, types);
  // The question about the types was the statement without a name meanwhile.
  if (asked && !keep) answer = co_await parse_and_describe(s, q, made->name);
  std::vector<std::uint16_t> formats;
  for (const auto id : answer.parameters) {
    const auto* const type = catalog->find(id);
    made->parameters.push_back(type ? type : find_builtin(oids::text));
    formats.push_back(code_of(made->parameters.back()->format()));
  }
  made->parameter_formats = compact(std::move(formats));
  made->layout = make_layout(catalog, answer.columns, false);
  formats.clear();
  for (const auto& c : made->layout->columns) formats.push_back(code_of(c.format));
  made->result_formats = compact(std::move(formats));
  if (keep) s.statements().insert(q.sql(), made);
  co_return made;
}

}  // namespace

awaitable<statement_ptr> prepare(session& s, const query& q) {
  const auto& cache = s.statements();
  if (auto known = s.statements().find(q.sql())) co_return known;
  const auto& o = s.from().settled();
  const bool keep =
      cache.enabled() && q.sql().size() <= o.max_cached_statement_bytes && o.prepare == prepare_mode::cached;
  co_return co_await prepare_now(s, q, keep);
}

awaitable<statement_ptr> prepare_anew(session& s, const query& q) { return prepare_now(s, q, false); }

void append_bind(session& s, const statement& st, std::string_view portal,
                 std::span<const parameter> parameters) {
  if (parameters.size() != st.parameters.size())
    fail(errc::wrong_parameter, "the statement has " + std::to_string(st.parameters.size()) +
                                    " parameters, the call " + std::to_string(parameters.size()));
  const auto before = s.out().size();
  try {
    wire::bind_writer bind{s.out(), portal, st.name, st.parameter_formats, parameters.size()};
    for (std::size_t i = 0; i != parameters.size(); ++i)
      append_parameter(bind, parameters[i], *st.parameters[i], i + 1);
    bind.finish(st.result_formats);
  } catch (...) {
    s.out().resize(before);
    throw;
  }
}

void append_bind_execute(session& s, const statement& st, std::span<const parameter> parameters,
                         std::uint32_t max_rows) {
  append_bind(s, st, {}, parameters);
  wire::append_execute(s.out(), {}, max_rows);
}

void expect_bind_execute(session& s) {
  s.protocol().expect(wire::request::bind);
  s.protocol().expect(wire::request::execute);
}

namespace {

// With the types that the arguments have. Texts have none: the server decides.
void append_parse_bind(session& s, const query& q, std::string_view portal,
                       std::span<const parameter> parameters) {
  static const data_type& text = *find_builtin(oids::text);
  std::vector<std::uint32_t> ids;
  std::vector<std::uint16_t> formats;
  std::vector<const data_type*> types;
  for (const auto& p : parameters) {
    const auto* const type = p.type == 0 ? &text : find_builtin(p.type);
    const bool decided_by_server = !type || type->id() == oids::text;
    types.push_back(decided_by_server ? &text : type);
    ids.push_back(decided_by_server ? 0 : p.type);
    formats.push_back(decided_by_server ? 0 : code_of(type->format()));
  }
  const auto before = s.out().size();
  try {
    wire::append_parse(s.out(), {}, q.sql(), ids);
    wire::bind_writer bind{s.out(), portal, {}, formats, parameters.size()};
    for (std::size_t i = 0; i != parameters.size(); ++i)
      append_parameter(bind, parameters[i], *types[i], i + 1);
    constexpr std::uint16_t binary[] = {1};
    bind.finish(binary);
  } catch (...) {
    s.out().resize(before);
    throw;
  }
  wire::append_describe(s.out(), 'P', portal);
}

}  // namespace

// Everything in one round trip.
void append_one_shot(session& s, const query& q, std::span<const parameter> parameters,
                     std::uint32_t max_rows) {
  append_parse_bind(s, q, {}, parameters);
  wire::append_execute(s.out(), {}, max_rows);
}

void append_one_shot_bind(session& s, const query& q, std::string_view portal,
                          std::span<const parameter> parameters) {
  append_parse_bind(s, q, portal, parameters);
  for (const auto r : {wire::request::parse, wire::request::bind, wire::request::describe_portal})
    s.protocol().expect(r);
}

void expect_one_shot(session& s) {
  for (const auto r :
       {wire::request::parse, wire::request::bind, wire::request::describe_portal, wire::request::execute})
    s.protocol().expect(r);
}

bool one_shot(const session& s) noexcept { return s.from().settled().prepare == prepare_mode::one_shot; }

namespace {

awaitable<completion> run_now(session_ptr s, const query& q, std::span<const parameter> parameters,
                              row_sink* sink, std::uint32_t max_rows) {
  throw_if_null_byte(q.sql());
  if (s->unsettled()) co_await s->drained();
  const session::call here{s};
  if (one_shot(*s)) {
    append_one_shot(*s, q, parameters, max_rows);
    expect_one_shot(*s);
    append_sync(*s);
    query_reply answer{*s, q.name(), nullptr, sink};
    co_await s->exchange(answer);
    answer.rethrow();
    co_return std::move(answer.done());
  }
  for (bool again = false;; again = true) {
    statement_ptr st = s->statements().find(q.sql());
    const bool known = st != nullptr;
    if (!known) st = co_await prepare(*s, q);
    const bool outside = s->protocol().transaction() == 'I';
    query_reply answer{*s, q.name(), st->layout, sink};
    answer.begin();
    const auto begin = s->out().size();
    append_bind_execute(*s, *st, parameters, max_rows);
    insert_closes(*s, begin);
    expect_bind_execute(*s);
    append_portal_closes(*s);
    append_sync(*s);
    co_await s->exchange(answer);
    if (answer.problem()) {
      forget_stale(*s, q.sql(), *answer.problem());
      if (is_stale(*answer.problem()) && known && outside && !again) continue;
    }
    answer.rethrow();
    co_return std::move(answer.done());
  }
}

awaitable<completion> run_script_now(session_ptr s, const query& q) {
  throw_if_null_byte(q.sql());
  if (s->unsettled()) co_await s->drained();
  const session::call here{s};
  wire::append_query(s->out(), q.sql());
  s->protocol().expect(wire::request::simple);
  query_reply answer{*s, q.name(), nullptr, nullptr};
  co_await s->exchange(answer);
  answer.rethrow();
  co_return std::move(answer.done());
}

}  // namespace

clock::duration time_for(const session& s, const query& q) noexcept {
  return q.timeout() != clock::duration::zero() ? q.timeout() : s.from().settled().command_timeout;
}

awaitable<completion> run_query(session_ptr s, const query& q, std::span<const parameter> parameters,
                                row_sink* sink, std::uint32_t max_rows) {
  query_log log{*s, q};
  try {
    const auto limit = time_for(*s, q);
    auto work = [&] { return run_now(s, q, parameters, sink, max_rows); };
    completion done;
    if (limit == forever)
      done = co_await run_now(s, q, parameters, sink, max_rows);
    else
      done = co_await timeout(limit, work);
    log.ended(done.rows);
    co_return done;
  } catch (const std::exception& e) {
    log.failed(e);
    throw;
  }
}

awaitable<completion> run_script(session_ptr s, const query& q) {
  query_log log{*s, q};
  try {
    auto work = [&] { return run_script_now(s, q); };
    auto done = co_await timeout(time_for(*s, q), work);
    log.ended(done.rows);
    co_return done;
  } catch (const std::exception& e) {
    log.failed(e);
    throw;
  }
}

query_log::query_log(const session& s, const query& q)
    : session_(&s), query_(&q), wanted_(static_cast<bool>(s.from().settled().on_query)) {
  if (wanted_) began_ = clock::now();
}

query_log::~query_log() {
  if (wanted_) report(0, make_error_code(boost::system::errc::operation_canceled));
}

void query_log::ended(std::uint64_t rows) noexcept {
  if (wanted_) report(rows, {});
}

void query_log::failed(const std::exception& e) noexcept {
  if (!wanted_) return;
  const auto* const known = dynamic_cast<const system_error*>(&e);
  report(0, known ? known->code() : make_error_code(boost::system::errc::state_not_recoverable));
}

void query_log::report(std::uint64_t rows, const boost::system::error_code& code) noexcept {
  wanted_ = false;
  query_record r;
  r.sql = query_->sql();
  r.name = query_->name();
  r.duration = clock::now() - began_;
  r.rows = rows;
  r.error = code;
  r.server_pid = session_->pid();
  session_->from().settled().on_query(r);
}

}  // namespace bight::pg::detail
