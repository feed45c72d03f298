#include "pg/session/session.hpp"

#include <algorithm>
#include <bight/core/cancel.hpp>
#include <bight/core/detail/loop_core.hpp>
#include <bight/core/error.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/log.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/timeout.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <new>

#include "pg/connect/connector.hpp"

namespace bight::pg::detail {

using boost::system::system_error;

namespace {

constexpr std::size_t kept_out = 256U * 1024;  // of the memory for what is sent

// Reads to the end of everything that is outstanding.
class discard final : public reply {
 public:
  explicit discard(session& s) noexcept : session_(&s) {}
  bool take(const wire::event& e) override {
    // While it waits for data, a server does not heed the request to cancel.
    if (e.kind == wire::event_kind::copy_in) session_->fail_copy("cancelled");
    return session_->protocol().idle();
  }

 private:
  session* session_;
};

}  // namespace

error::fields fields_of(std::string_view body, std::string_view query_name) {
  wire::report r;
  if (!wire::parse_report(body, r))
    throw system_error(make_error_code(errc::protocol_violation), "a malformed error or notice");
  error::fields f;
  f.severity = r.severity;
  f.state = r.state;
  f.message = r.message;
  f.detail = r.detail;
  f.hint = r.hint;
  f.where = r.where;
  f.schema = r.schema;
  f.table = r.table;
  f.column = r.column;
  f.data_type = r.data_type;
  f.constraint = r.constraint;
  f.routine = r.routine;
  f.query_name = query_name;
  std::from_chars(r.position.data(), r.position.data() + r.position.size(), f.position);
  return f;
}

session::session(net::stream s, std::shared_ptr<connector> from, route where, wire::handshake& start,
                 std::string_view received)
    : stream_(std::move(s)),
      from_(std::move(from)),
      where_(std::move(where)),
      protocol_(static_cast<std::uint32_t>(from_->settled().max_message_bytes)),
      pid_(start.pid()),
      key_(start.key()),
      parameters_(std::move(start.parameters())),
      statements_(from_->settled().statement_cache_size) {
  on_notice = from_->settled().on_notice;
  schema_version_ = from_->schema_version();
  protocol_.transaction(start.transaction());
  for (const auto& n : start.notices()) take_notice(n);
  in_.put(received);
}

// A server that is told goes at once; one that is not finds out by the end of the stream.
session::~session() {
  if (state_ != state::ready || !stream_.valid()) return;
  try {
    std::string goodbye;
    wire::append_terminate(goodbye);
    static_cast<void>(stream_.try_write(goodbye));
  } catch (const std::exception&) {  // it has gone already
  }
}

session::call::call(session_ptr s) : session_(std::move(s)) {
  auto& c = *session_;
  if (c.state_ == state::ready) {
    c.drop_outdated_statements();
    c.state_ = state::busy;
    return;
  }
  const auto why = c.state_ == state::broken ? errc::connection_closed : errc::busy;
  session_.reset();
  if (c.fatal_ && why == errc::connection_closed)
    throw system_error(make_error_code(why), "pg: after \"" + c.fatal_->message() + '"');
  throw system_error(make_error_code(why), "pg");
}

void session::drop_outdated_statements() {
  if (const auto now = from_->schema_version(); now != std::exchange(schema_version_, now))
    statements_.clear();
}

void session::leave() noexcept {
  if (state_ == state::broken) return;
  if (!protocol_.idle() || unsynced_ != pending_sync::none || writer_running_ || roll_back_ != 0) {
    start_draining();
    return;
  }
  out_.clear();
  if (out_.capacity() > kept_out) out_.shrink_to_fit();
  state_ = state::ready;
}

void session::start_draining() noexcept {
  const auto* const loop = bight::detail::this_loop;
  if (!loop || loop->closing) return break_off();
  try {
    state_ = state::draining;
    drainer_ = spawn(named("pg drain", drain), shared_from_this());
  } catch (...) { break_off(); }
}

awaitable<void> session::drained() {
  while (unsettled()) {
    if (state_ != state::draining) {
      co_await cancelled_.wait();
      continue;
    }
    auto waiting = drainer_;
    co_await waiting.wait();
  }
}

awaitable<void> session::drain(session_ptr self) {
  try {
    auto work = [&] { return self->drain_now(); };
    co_await timeout(self->from_->settled().cancel_timeout, work);
  } catch (const cancelled_error&) {
    self->break_off();
    throw;
  } catch (const std::exception& e) {
    log(log_level::info,
        std::string{"pg: closing a connection whose call could not be cancelled: "} + e.what());
    self->break_off();
  }
}

awaitable<void> session::drain_now() {
  co_await finish_outstanding();
  co_await written();
  while (roll_back_ != 0) co_await roll_back_now();
  if (state_ != state::draining) co_return;
  state_ = state::ready;
}

awaitable<void> session::roll_back_now() {
  const auto level = std::exchange(roll_back_, 0);
  if (protocol_.transaction() == 'I') co_return;
  wire::append_query(out_, rollback_text(level));
  protocol_.expect(wire::request::simple);
  discard rest{*this};
  co_await exchange(rest);
}

void session::roll_back(unsigned level) noexcept {
  if (state_ == state::broken || level == 0) return;
  roll_back_ = roll_back_ == 0 ? level : std::min(roll_back_, level);
  level_ = roll_back_ - 1;
  if (state_ == state::ready) start_draining();
}

// One of a transaction that has ended is gone.
void session::forget_portal(std::string name) noexcept {
  if (state_ == state::broken || protocol_.transaction() == 'I') return;
  try {
    forgotten_portals_.push_back(std::move(name));
  } catch (const std::bad_alloc&) {}
}

std::string savepoint_name(unsigned level) { return "bight_" + std::to_string(level); }

std::string rollback_text(unsigned level) {
  if (level <= 1) return "rollback";
  const auto name = savepoint_name(level);
  return "rollback to savepoint " + name + "; release savepoint " + name;
}

awaitable<void> session::finish_outstanding() {
  const bool copying = protocol_.copying_in();
  if (copying) wire::append_copy_fail(out_, "cancelled");
  const bool ask = protocol_.working() && !copying;
  if (unsynced_ != pending_sync::none) {
    if (unsynced_ == pending_sync::undo) append_failure();
    unsynced_ = pending_sync::none;
    wire::append_sync(out_);
    protocol_.expect(wire::request::sync);
  }
  if (protocol_.idle()) co_return;
  discard rest{*this};
  if (!ask) {
    co_await exchange(rest);
    co_return;
  }
  // Only when both have ended is it certain that the request does not cancel the next call.
  auto reading = exchange(rest);
  auto asking = request_cancel();
  co_await gather(std::move(reading), std::move(asking));
}

void session::append_failure() {
  wire::bind_writer nothing{out_, {}, "bight_refused", {}, 0};
  nothing.finish({});
  protocol_.expect(wire::request::bind);
}

// With the extended protocol a sync that came before the data was ignored, so that it takes another one.
void session::fail_copy(std::string_view reason) {
  wire::append_copy_fail(out_, reason);
  if (!protocol_.simple()) wire::append_sync(out_);
  send();
}

awaitable<void> session::exchange(reply& r) {
  send();
  while (!parse(r)) co_await fill();
}

// A failure is found out by reading, which also finds what the server said about it.
void session::send() noexcept {
  if (writer_running_ || out_.empty() || state_ == state::broken) return;
  try {
    const auto n = stream_.try_write(out_);
    if (n == out_.size()) {
      out_.clear();
      return;
    }
    sending_.assign(out_, n);
    out_.clear();
    writer_running_ = true;
    writer_ = spawn(named("pg write", write_rest), shared_from_this());
  } catch (const std::exception&) { out_.clear(); }
}

// In a task of its own: a server whose answers nobody reads takes no more requests, and a write that was
// cancelled half-way would break the stream.
awaitable<void> session::write_rest(session_ptr self) {
  auto& s = *self;
  try {
    while (!s.sending_.empty()) {
      co_await s.stream_.write(s.sending_);
      s.sending_.clear();
      std::swap(s.sending_, s.out_);
    }
  } catch (const std::exception&) {  // the reading half finds out why
  } catch (...) {
    s.writer_running_ = false;
    s.break_off();
    throw;
  }
  s.writer_running_ = false;
}

awaitable<void> session::written() {
  if (!writer_running_) co_return;
  auto waiting = writer_;
  co_await waiting.wait();
}

awaitable<void> session::fill() {
  std::size_t n = 0;
  try {
    n = co_await stream_.read_some(in_.room(message_));
  } catch (const system_error& e) {
    break_off();
    throw_lost(e.code().message());
  }
  if (n == 0) {
    break_off();
    throw_lost({});
  }
  in_.received(n);
}

bool session::parse(reply& r) {
  try {
    return parse_pending(r);
  } catch (const system_error& e) {
    if (e.code() == errc::protocol_violation) break_off();
    throw;
  }
}

bool session::parse_pending(reply& r) {
  while (true) {
    const auto e = protocol_.next(in_.pending());
    switch (e.kind) {
      case wire::event_kind::need_more:
        message_ = e.size;
        return false;
      case wire::event_kind::failed:
      case wire::event_kind::too_large:
        refuse(e);
      case wire::event_kind::notice:
        in_.consume(e.size);
        take_notice(e.body);
        continue;
      case wire::event_kind::parameter:
        in_.consume(e.size);
        take_parameter(e.body);
        continue;
      case wire::event_kind::notification:
        in_.consume(e.size);
        take_notification(e.body);
        continue;
      case wire::event_kind::error:
        note_fatal(e.body);
        break;
      default:
        break;
    }
    in_.consume(e.size);  // the bytes stay where they are
    if (r.take(e)) return true;
    if (e.kind == wire::event_kind::row && parse_rows(r)) return true;
  }
}

// Rows come one after the other, and after one of them the protocol allows the next: it need not be asked.
// False: what follows is another message, or incomplete.
bool session::parse_rows(reply& r) {
  constexpr std::size_t head = 5;
  while (true) {
    const auto in = in_.pending();
    if (in.size() < head || in.front() != static_cast<char>(wire::message_type::data_row)) return false;
    const std::size_t length = wire::load32(in.data() + 1);
    if (length < 4 || in.size() <= length) return false;
    in_.consume(length + 1);
    if (r.take({wire::event_kind::row, in.substr(head, length - 4), length + 1})) return true;
  }
}

void session::refuse(const wire::event& e) {
  const bool large = e.kind == wire::event_kind::too_large;
  const std::string why = large ? std::to_string(e.size) + " bytes; max_message_bytes is " +
                                      std::to_string(from_->settled().max_message_bytes)
                                : std::string{protocol_.failure()};
  break_off();
  throw system_error(make_error_code(large ? errc::message_too_large : errc::protocol_violation),
                     "pg: " + why);
}

void session::note_fatal(std::string_view body) {
  auto f = fields_of(body);
  if (f.severity == "FATAL" || f.severity == "PANIC") fatal_.emplace(std::move(f));
}

void session::throw_lost(const std::string& why) {
  if (fatal_) throw error{*fatal_};
  throw system_error(make_error_code(errc::connection_lost), why.empty() ? "pg" : "pg: " + why);
}

void session::take_notice(std::string_view body) {
  const auto n = fields_of(body);
  if (on_notice)
    on_notice(n);
  else
    log(n.severity == "WARNING" ? log_level::warning : log_level::info,
        "pg: " + n.severity + ": " + n.message);
}

void session::take_parameter(std::string_view body) {
  std::string_view name;
  std::string_view value;
  if (!wire::parse_parameter(body, name, value))
    throw system_error(make_error_code(errc::protocol_violation), "pg: a malformed ParameterStatus");
  constexpr std::size_t most = 1000;
  if (parameters_.size() < most || parameters_.contains(name))
    parameters_.insert_or_assign(std::string{name}, std::string{value});
}

void session::take_notification(std::string_view body) {
  std::uint32_t pid = 0;
  std::string_view channel;
  std::string_view payload;
  if (!wire::parse_notification(body, pid, channel, payload))
    throw system_error(make_error_code(errc::protocol_violation), "pg: a malformed NotificationResponse");
  if (on_notification) on_notification(pid, channel, payload);
}

const std::string* session::parameter(std::string_view name) const noexcept {
  const auto found = parameters_.find(name);
  return found == parameters_.end() ? nullptr : &found->second;
}

// What an idle server sends unasked is read when the next call reads; its end is not.
bool session::looks_alive() {
  if (state_ == state::broken) return false;
  if (!stream_.readable()) return true;
  try {
    const auto n = stream_.try_read(in_.room(message_));
    if (!n) return false;  // TLS cannot tell
    if (*n == 0) throw_lost({});
    in_.received(*n);
    class nothing final : public reply {
     public:
      bool take(const wire::event&) override { return true; }  // an error that nothing asked for
    } unasked;
    if (!parse(unasked)) return true;
  } catch (const std::exception&) {  // as good as closed
  }
  break_off();
  return false;
}

awaitable<void> session::request_cancel() {
  auto s = co_await from_->open_again(where_);
  std::string message;
  wire::append_cancel_request(message, pid_, key_);
  co_await s.write(message);
  std::byte rest[64];
  while (true) {
    std::size_t n = 0;
    try {
      n = co_await s.read_some(rest);
    } catch (const system_error&) {  // a reset, or TLS without a close_notify: an end like another
    }
    if (n == 0) co_return;
  }
}

awaitable<void> session::cancel_call() {
  class on_its_way {
   public:
    explicit on_its_way(session& s) noexcept : session_(&s) {
      if (session_->cancels_++ == 0) session_->cancelled_.clear();
    }
    on_its_way(const on_its_way&) = delete;
    on_its_way& operator=(const on_its_way&) = delete;
    ~on_its_way() {
      if (--session_->cancels_ == 0) session_->cancelled_.set();
    }

   private:
    session* session_;
  };
  const on_its_way here{*this};
  auto work = [this] { return request_cancel(); };
  co_await timeout(from_->settled().cancel_timeout, work);
}

awaitable<void> session::close() {
  if (unsettled()) co_await drained();
  if (state_ == state::broken) co_return;
  call here{shared_from_this()};
  std::string goodbye;
  wire::append_terminate(goodbye);
  state_ = state::broken;
  try {
    co_await stream_.write(goodbye);
    co_await stream_.close();
  } catch (const system_error&) {  // the server was faster
  }
  break_off();
}

void session::break_off() noexcept {
  state_ = state::broken;
  if (stream_.valid()) stream_.abort();
}

}  // namespace bight::pg::detail
