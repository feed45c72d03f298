#include <bight/pg/copy.hpp>

#include <algorithm>
#include <bight/core/race.hpp>
#include <bight/core/timeout.hpp>
#include <bight/pg/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>

#include "pg/connect/connector.hpp"
#include "pg/fail.hpp"
#include "pg/session/query_call.hpp"

namespace bight::pg {

using boost::system::system_error;

namespace detail {
namespace {

constexpr std::size_t frame_size = 64U * 1024;
constexpr std::size_t frame_head = 5;

// The answer to a COPY statement.
class copy_reply final : public reply {
 public:
  copy_reply(session& s, std::string_view name) : session_(&s), name_(name) {}
  bool take(const wire::event& e) override {
    kind = e.kind;
    switch (e.kind) {
      case wire::event_kind::copy_in:
      case wire::event_kind::copy_out: {
        char format = 0;
        std::uint16_t columns = 0;
        if (!wire::parse_copy(e.body, format, columns)) {
          session_->break_off();
          fail(errc::protocol_violation, "a malformed answer to COPY");
        }
        return true;
      }
      case wire::event_kind::copy_data:
        data = e.body;
        return true;
      case wire::event_kind::complete: {
        std::string_view tag;
        if (wire::parse_tag(e.body, tag)) {
          done.tag = tag;
          done.rows = wire::rows_of_tag(tag);
        }
        return false;
      }
      case wire::event_kind::error:
        if (!problem) problem.emplace(fields_of(e.body, name_));
        return false;
      default:
        return e.kind == wire::event_kind::ready;
    }
  }
  void rethrow() const {
    if (problem) throw error{*problem};
  }
  wire::event_kind kind{};
  std::string_view data;
  completion done;
  std::optional<error> problem;

 private:
  session* session_;
  std::string_view name_;
};

}  // namespace

// What both directions have in common.
class copy_call {
 public:
  copy_call(session_ptr s, query q)
      : session_(std::move(s)), query_(std::move(q)), answer_(*session_, query_.name()) {}

 protected:
  /// Sends the statement, and waits until the copy begins.
  awaitable<void> begin(wire::event_kind wanted) {
    auto work = [this, wanted] { return begin_now(wanted); };
    co_await timeout(time_for(*session_, query_), work);
  }
  /// Receives until the answer stops at something.
  awaitable<void> receive() {
    while (!session_->parse(answer_)) co_await session_->fill();
  }
  void leave() noexcept { here_.reset(); }
  bool open() const noexcept { return here_.has_value(); }

  session_ptr session_;
  query query_;
  copy_reply answer_;

 private:
  awaitable<void> begin_now(wire::event_kind wanted) {
    throw_if_null_byte(query_.sql());
    if (session_->unsettled()) co_await session_->drained();
    here_.emplace(session_);
    wire::append_query(session_->out(), query_.sql());
    session_->protocol().expect(wire::request::simple);
    co_await session_->exchange(answer_);
    if (answer_.kind == wanted) co_return;
    if (answer_.kind != wire::event_kind::ready) {  // COPY in the other direction
      here_.reset();
      fail(errc::unexpected_copy, wanted == wire::event_kind::copy_in ? "use copy_out" : "use copy_in");
    }
    here_.reset();
    answer_.rethrow();
    fail(errc::unexpected_copy, "the statement is no COPY");
  }

  std::optional<session::call> here_;
};

class copy_in_call final : public copy_call {
 public:
  using copy_call::copy_call;
  copy_in_call(const copy_in_call&) = delete;
  copy_in_call& operator=(const copy_in_call&) = delete;
  ~copy_in_call() { abandon(); }
  awaitable<void> start() { return begin(wire::event_kind::copy_in); }

  awaitable<void> write(std::string_view data) {
    if (!open()) fail(errc::unexpected_copy, "the COPY has ended");
    while (!data.empty()) {
      auto& to = room();
      const auto n = std::min(data.size(), frame_size - (to.size() - begin_));
      to.append(data.substr(0, n));
      data.remove_prefix(n);
      if (full()) co_await flush();
    }
  }
  /// Where data may be appended, up to `full`.
  std::string& room() {
    auto& to = session_->out();
    if (to.empty() || begin_ == none) {
      begin_ = to.size();
      to.append("d\0\0\0\0", frame_head);
    }
    return to;
  }
  bool full() const noexcept { return begin_ != none && session_->out().size() - begin_ >= frame_size; }

  awaitable<void> flush() {
    close_frame();
    try {
      auto work = [this] { return push(); };
      co_await timeout(time_for(*session_, query_), work);
    } catch (...) {
      abandon();
      throw;
    }
    if (!answer_.problem) co_return;
    co_await end();
    answer_.rethrow();
  }
  awaitable<completion> finish() {
    if (!open()) fail(errc::unexpected_copy, "the COPY has ended");
    close_frame();
    try {
      wire::append_copy_done(session_->out());
      session_->send();
      co_await end();
    } catch (...) {
      abandon();
      throw;
    }
    answer_.rethrow();
    co_return std::move(answer_.done);
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  void close_frame() noexcept {
    if (begin_ == none) return;
    auto& out = session_->out();
    wire::store32(out.data() + begin_ + 1, static_cast<std::uint32_t>(out.size() - begin_ - 1));
    begin_ = none;
  }
  // Half a frame is not sent: the session says that the copy has failed.
  void abandon() noexcept {
    if (begin_ != none) session_->out().resize(begin_);
    begin_ = none;
    leave();
  }
  // Reads meanwhile: a server that cannot send takes no more.
  awaitable<void> push() {
    session_->send();
    if (session_->readable()) co_await look();
    while (session_->writing() && !answer_.problem) {
      auto reading = session_->fill();
      auto writing = session_->written();
      static_cast<void>(co_await race(std::move(reading), std::move(writing)));
      static_cast<void>(session_->parse(answer_));
    }
  }
  // An error that came early.
  awaitable<void> look() {
    co_await session_->fill();
    static_cast<void>(session_->parse(answer_));
  }
  awaitable<void> end() {
    auto work = [this]() -> awaitable<void> {
      while (answer_.kind != wire::event_kind::ready) {
        if (!session_->parse(answer_)) co_await session_->fill();
      }
    };
    co_await timeout(time_for(*session_, query_), work);
    leave();
  }

  std::size_t begin_ = none;  // of the frame that is being filled
};

class copy_out_call final : public copy_call {
 public:
  using copy_call::copy_call;
  awaitable<void> start() { return begin(wire::event_kind::copy_out); }

  awaitable<std::optional<std::string_view>> next() {
    if (!open()) co_return std::nullopt;
    try {
      answer_.kind = wire::event_kind::need_more;
      if (!session_->parse(answer_)) {
        auto work = [this] { return receive(); };
        co_await timeout(time_for(*session_, query_), work);
      }
      if (answer_.kind == wire::event_kind::copy_data) co_return answer_.data;
    } catch (...) {
      leave();
      throw;
    }
    leave();
    answer_.rethrow();
    co_return std::nullopt;
  }
  awaitable<std::size_t> read_some(std::span<std::byte> buffer) {
    while (rest_.empty()) {
      const auto piece = co_await next();
      if (!piece) co_return 0;
      rest_ = *piece;
    }
    const auto n = std::min(rest_.size(), buffer.size());
    std::memcpy(buffer.data(), rest_.data(), n);
    rest_.remove_prefix(n);
    co_return n;
  }

  /// Rows of the binary format, of these columns.
  void expect_rows(std::shared_ptr<const row_layout> layout) noexcept { layout_ = std::move(layout); }
  awaitable<bool> next_row(row_view& to) {
    while (true) {
      const auto piece = co_await next();
      if (!piece) co_return false;
      auto body = *piece;
      if (!std::exchange(headed_, true)) body = after_head(body);
      if (body.empty() || body == std::string_view{"\xff\xff", 2}) continue;  // the trailer
      if (!wire::valid_row(body, layout_->columns.size())) violation();
      to = row_view{*layout_, body.data()};
      co_return true;
    }
  }

 private:
  [[noreturn]] void violation() {
    session_->break_off();
    leave();
    fail(errc::protocol_violation, "malformed data of a binary COPY");
  }
  std::string_view after_head(std::string_view body) {
    constexpr std::string_view signature{"PGCOPY\n\377\r\n\0", 11};
    constexpr std::size_t fixed = signature.size() + 8;
    if (!body.starts_with(signature) || body.size() < fixed) violation();
    const std::size_t extension = wire::load32(body.data() + signature.size() + 4);
    if (body.size() - fixed < extension) violation();
    return body.substr(fixed + extension);
  }

  std::string_view rest_;  // of a piece, for read_some
  std::shared_ptr<const row_layout> layout_;
  bool headed_ = false;
};

namespace {

// "schema.table" names a table of a schema; both parts are quoted.
std::string quoted_table(std::string_view table) {
  const auto dot = table.find('.');
  if (dot == table.npos) return quote_name(table);
  return quote_name(table.substr(0, dot)) + '.' + quote_name(table.substr(dot + 1));
}

void append_record(std::string& to, const row_layout& layout, std::span<const parameter> values) {
  if (values.size() != layout.columns.size())
    fail(errc::wrong_parameter, "a record has " + std::to_string(values.size()) + " fields, not " +
                                    std::to_string(layout.columns.size()));
  wire::append16(to, static_cast<std::uint16_t>(values.size()));
  for (std::size_t i = 0; i != values.size(); ++i) {
    const auto& column = layout.columns[i];
    codec_error problem;
    if (auto why = values[i].check(*column.type); !why.empty()) problem.fail(std::move(why));
    const auto at = to.size();
    wire::append32(to, 0xffffffff);
    value_writer out{column.type->base(), to, problem};
    const bool value = !problem && values[i].write(values[i].value, out);
    if (problem)
      fail(errc::wrong_parameter, "column \"" + column.name + "\" (" + std::string{column.type->name()} +
                                      "): " + problem.to_string());
    if (value) wire::store32(to.data() + at, static_cast<std::uint32_t>(to.size() - at - 4));
  }
}

awaitable<statement_ptr> describe_now(session_ptr s, const query& q) {
  if (s->unsettled()) co_await s->drained();
  const session::call here{s};
  co_return co_await prepare_anew(*s, q);
}

awaitable<statement_ptr> describe(session_ptr s, const query& q) {
  auto work = [&] { return describe_now(s, q); };
  co_return co_await timeout(time_for(*s, q), work);
}

void require_binary(const row_layout& layout) {
  for (const auto& c : layout.columns)
    if (c.type->format() != format::binary)
      fail(errc::wrong_column, "column \"" + c.name + "\" is of type " + std::string{c.type->name()} +
                                   ", whose binary format is not known");
}

}  // namespace

awaitable<copy_in> start_copy_in(session_ptr s, query q) {
  require(s);
  auto call = std::make_unique<copy_in_call>(std::move(s), std::move(q));
  co_await call->start();
  co_return copy_in(std::move(call));
}

awaitable<copy_out> start_copy_out(session_ptr s, query q) {
  require(s);
  auto call = std::make_unique<copy_out_call>(std::move(s), std::move(q));
  co_await call->start();
  co_return copy_out(std::move(call));
}

awaitable<copy_rows> start_copy_rows(session_ptr s, query q) {
  require(s);
  const auto st = co_await describe(s, q);
  require_binary(*st->layout);
  query copying{"copy (" + std::string{q.sql()} + ") to stdout (format binary)"};
  auto call = std::make_unique<copy_out_call>(std::move(s), std::move(copying));
  call->expect_rows(st->layout);
  co_await call->start();
  co_return copy_rows(std::move(call));
}

namespace {

awaitable<completion> copy_records_now(session_ptr s, const into& where, argument_source& source) {
  std::string list;
  for (const auto& c : where.columns()) list += (list.empty() ? "" : ", ") + quote_name(c);
  const auto name = quoted_table(where.table());
  const query types{"select " + (list.empty() ? "*" : list) + " from " + name + " limit 0"};
  const auto st = co_await describe(s, types);
  require_binary(*st->layout);
  if (!list.empty()) list = " (" + list + ')';
  copy_in_call call{s, query{"copy " + name + list + " from stdin (format binary)"}};
  co_await call.start();
  co_await call.write(std::string_view{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19});
  struct context {
    copy_in_call* call;
    const row_layout* layout;
  } to{&call, st->layout.get()};
  const auto append = [](void* c, std::span<const parameter> values) {
    const auto& t = *static_cast<context*>(c);
    append_record(t.call->room(), *t.layout, values);
  };
  while (source.next(append, &to)) {
    if (call.full()) co_await call.flush();
  }
  co_await call.write(std::string_view{"\xff\xff", 2});
  co_return co_await call.finish();
}

}  // namespace

awaitable<completion> copy_records(session_ptr s, into where, argument_source& source) {
  auto work = [&] { return copy_records_now(s, where, source); };
  co_return co_await timeout(s->from().settled().command_timeout, work);
}

}  // namespace detail

copy_in::copy_in(std::unique_ptr<detail::copy_in_call> c) noexcept : call_(std::move(c)) {}
copy_in::copy_in(copy_in&&) noexcept = default;
copy_in& copy_in::operator=(copy_in&&) noexcept = default;
copy_in::~copy_in() = default;
awaitable<void> copy_in::write(std::string_view data) { return call_->write(data); }
awaitable<completion> copy_in::finish() { return call_->finish(); }

copy_out::copy_out(std::unique_ptr<detail::copy_out_call> c) noexcept : call_(std::move(c)) {}
copy_out::copy_out(copy_out&&) noexcept = default;
copy_out& copy_out::operator=(copy_out&&) noexcept = default;
copy_out::~copy_out() = default;
awaitable<std::optional<std::string_view>> copy_out::next() { return call_->next(); }
awaitable<std::size_t> copy_out::read_some(std::span<std::byte> buffer) { return call_->read_some(buffer); }

copy_rows::copy_rows(std::unique_ptr<detail::copy_out_call> c) noexcept : call_(std::move(c)) {}
copy_rows::copy_rows(copy_rows&&) noexcept = default;
copy_rows& copy_rows::operator=(copy_rows&&) noexcept = default;
copy_rows::~copy_rows() = default;

awaitable<const row_view*> copy_rows::next() {
  const bool any = co_await call_->next_row(row_);
  co_return any ? &row_ : nullptr;
}

}  // namespace bight::pg
