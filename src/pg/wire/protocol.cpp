#include "pg/wire/protocol.hpp"

namespace bight::pg::wire {

void protocol::expect(request r) {
  // The server will skip it, too.
  if (skipping_ && r != request::sync) return;
  expected_.push_back(r);
}

void protocol::pop() noexcept {
  stage_ = stage::begin;
  if (++first_ != expected_.size()) return;
  expected_.clear();
  first_ = 0;
}

event protocol::fail(const char* why) noexcept {
  failure_ = why;
  return {event_kind::failed, {}, 0};
}

event protocol::done(const frame& f, event_kind kind) noexcept {
  pop();
  return {kind, f.body, f.size};
}

event protocol::stay(const frame& f, event_kind kind, stage s) noexcept {
  stage_ = s;
  return {kind, f.body, f.size};
}

event protocol::next(std::string_view in) noexcept {
  const auto f = next_frame(in, max_);
  switch (f.state) {
    case frame_state::complete:
      break;
    case frame_state::incomplete:
      return {event_kind::need_more, {}, f.size};
    case frame_state::bad_length:
      return fail("a message with a length under four");
    case frame_state::too_large:
      return {event_kind::too_large, {}, f.size};
    case frame_state::unknown_type:
      return fail("a message of an unknown type");
  }
  switch (f.type) {
    case message_type::notice:
      return {event_kind::notice, f.body, f.size};
    case message_type::parameter_status:
      return {event_kind::parameter, f.body, f.size};
    case message_type::notification:
      return {event_kind::notification, f.body, f.size};
    case message_type::error:
      return answer_error(f);
    default:
      break;
  }
  if (idle()) return fail("a message that nothing asked for");
  return answer(f);
}

event protocol::answer(const frame& f) noexcept {
  const auto is = [&f](message_type t) { return f.type == t; };
  switch (expected_[first_]) {
    case request::parse:
      if (is(message_type::parse_complete)) return done(f, event_kind::parsed);
      break;
    case request::bind:
      if (is(message_type::bind_complete)) return done(f, event_kind::bound);
      break;
    case request::close:
      if (is(message_type::close_complete)) return done(f, event_kind::closed);
      break;
    case request::describe_statement:
      if (stage_ == stage::begin && is(message_type::parameter_description))
        return stay(f, event_kind::parameter_types, stage::described);
      if (stage_ == stage::begin) break;
      [[fallthrough]];
    case request::describe_portal:
      if (is(message_type::row_description)) return done(f, event_kind::columns);
      if (is(message_type::no_data)) return done(f, event_kind::no_columns);
      break;
    case request::execute:
      return answer_execute(f, false);
    case request::sync:
      if (is(message_type::ready)) return answer_ready(f);
      break;
    case request::simple:
      if (is(message_type::ready) && (stage_ == stage::begin || stage_ == stage::failed))
        return answer_ready(f);
      if (stage_ == stage::failed) break;
      if (is(message_type::row_description) && stage_ == stage::begin)
        return stay(f, event_kind::columns, stage::described);
      return answer_execute(f, true);
  }
  return fail("an answer to something else");
}

// Of a Query message there may be several commands, and rows come after their description.
event protocol::answer_execute(const frame& f, bool simple) noexcept {
  if (stage_ == stage::copy_in || stage_ == stage::copy_out) return answer_copy(f);
  if (f.type == message_type::command_complete)
    return simple ? stay(f, event_kind::complete, stage::begin) : done(f, event_kind::complete);
  if (stage_ == stage::copied) return fail("no end of a COPY");
  switch (f.type) {
    case message_type::data_row:
      if (simple && stage_ != stage::described) return fail("a row without a description");
      return {event_kind::row, f.body, f.size};
    case message_type::empty_query:
      return simple ? stay(f, event_kind::empty, stage::begin) : done(f, event_kind::empty);
    case message_type::portal_suspended:
      if (simple) break;
      return done(f, event_kind::suspended);
    case message_type::copy_in:
      return stay(f, event_kind::copy_in, stage::copy_in);
    case message_type::copy_out:
      return stay(f, event_kind::copy_out, stage::copy_out);
    default:
      break;
  }
  return fail("an answer to something else");
}

event protocol::answer_copy(const frame& f) noexcept {
  if (stage_ == stage::copy_in) {
    if (f.type != message_type::command_complete) return fail("an answer to something else during a COPY");
    if (expected_[first_] == request::simple) return stay(f, event_kind::complete, stage::begin);
    return done(f, event_kind::complete);
  }
  if (f.type == message_type::copy_data) return {event_kind::copy_data, f.body, f.size};
  if (f.type == message_type::copy_done) return stay(f, event_kind::copy_done, stage::copied);
  return fail("an answer to something else during a COPY");
}

event protocol::answer_error(const frame& f) noexcept {
  if (!idle() && expected_[first_] == request::simple) {
    if (stage_ == stage::failed) return fail("two errors of one query");
    return stay(f, event_kind::error, stage::failed);
  }
  while (!idle() && expected_[first_] != request::sync) {
    pop();
    skipping_ = idle();  // until a sync is sent
  }
  stage_ = stage::begin;
  return {event_kind::error, f.body, f.size};
}

event protocol::answer_ready(const frame& f) noexcept {
  if (f.body.size() != 1) return fail("a malformed ReadyForQuery");
  const char status = f.body.front();
  if (status != 'I' && status != 'T' && status != 'E') return fail("an unknown transaction status");
  transaction_ = status;
  skipping_ = false;
  return done(f, event_kind::ready);
}

}  // namespace bight::pg::wire
