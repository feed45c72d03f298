#include "http/client/exchange.hpp"

#include <algorithm>
#include <array>
#include <bight/core/error.hpp>
#include <bight/core/timeout.hpp>
#include <boost/system/system_error.hpp>
#include <span>
#include <string>
#include <utility>

#include "http/body_access.hpp"
#include "http/upgraded_stream.hpp"

namespace bight::http::detail {

using boost::system::error_code;
using boost::system::system_error;

void exchange::fail(const error_code& ec, std::string_view detail) {
  lease_.drop();
  failure_ = ec;
  std::string text = where();
  if (!detail.empty()) text.append(": ").append(detail);
  throw system_error(ec, text);
}

void exchange::fail_parse() {
  const auto& e = lease_->parser().error();
  std::string detail{e.rule};
  if (e.limit != 0) detail += " (limit " + std::to_string(e.limit) + ")";
  detail += ", byte " + std::to_string(e.offset);
  fail(make_error_code(e.code), detail);
}

clock::time_point exchange::end_of(const time_limit& limit) const noexcept {
  return std::min(bight::detail::deadline_after(clock::now(), limit.timeout), deadline_);
}

time_limit exchange::waiting_for_response() const noexcept {
  return {timeouts_.first_byte, "timeouts.first_byte", "waiting for the response"};
}

void exchange::time_out(const time_limit& limit) {
  lease_.drop();
  failure_ = make_error_code(bight::errc::timed_out);
  const bool total = deadline_ <= clock::now();
  throw timeout_error{where() + ": " +
                      timed_out_text(total ? timeouts_.total : limit.timeout, limit.doing,
                                     total ? "timeouts.total" : limit.name)};
}

void exchange::require_intact() const {
  if (failure_) throw system_error(failure_, where());
}

exchange::~exchange() {
  if (sending_ && !sending_->done()) sending_->cancel();
}

// Whatever ends a wait but data leaves the connection useless.
awaitable<std::size_t> exchange::receive(clock::time_point until, time_limit limit) {
  try {
    bight::detail::timeout_scope scope{until};
    bight::detail::bounded_awaiter<std::size_t> reading{scope, lease_->receive()};
    const auto n = co_await reading;
    died_unanswered_ = died_unanswered_ && n == 0;
    co_return n;
  } catch (const timeout_error&) { time_out(limit); } catch (const system_error& e) {
    fail(e.code());
  } catch (...) {
    lease_.drop();
    failure_ = make_error_code(errc::truncated);
    throw;
  }
}

// A server that refuses a body answers and closes, and the answer counts: an error of sending is remembered.
bool exchange::send_at_once(std::string_view& head, std::string_view& body) {
  try {
    const std::array pieces{std::as_bytes(std::span{head}), std::as_bytes(std::span{body})};
    const auto n = lease_->stream().try_write(pieces);
    const auto of_head = std::min(n, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(n - of_head);
    return head.empty() && body.empty();
  } catch (const system_error& e) {
    if (body.empty()) fail(e.code());
    unsent_ = e.code();
    return true;
  }
}

void exchange::start_sending(http::request& r, std::string_view head, std::size_t sent_of_text) {
  sending_ = std::make_shared<sending>(lease_.shared(), std::string{head}, body_access::share(r.body()),
                                       sent_of_text, timeouts_.write);
  sending_->start();
}

// Returns when the request is out, or a response has begun to come.
awaitable<void> exchange::send_while_receiving(http::request& r, std::string_view head,
                                               std::size_t sent_of_text) {
  start_sending(r, head, sent_of_text);
  auto& c = *lease_;
  c.arm();
  try {
    bight::detail::timeout_scope scope{deadline_};
    const auto until_changed = [](sending& s, connection& here) -> awaitable<void> {
      while (!s.done() && !here.arrived()) {
        s.changed.clear();
        here.tell(&s.changed);
        co_await s.changed.wait();
      }
    };
    bight::detail::bounded_awaiter<void> waiting{scope, until_changed(*sending_, c)};
    co_await waiting;
  } catch (const timeout_error&) {
    c.tell(nullptr);
    time_out({timeouts_.total, "timeouts.total", "sending the request"});
  } catch (...) {
    c.tell(nullptr);
    lease_.drop();
    throw;
  }
  c.tell(nullptr);
  if (!sending_->done() || !sending_->error()) co_return;
  if (sending_->timed_out()) time_out({timeouts_.write, "timeouts.write", "sending the request"});
  if (!sending_->connection_failed()) {
    lease_.drop();
    std::rethrow_exception(sending_->error());
  }
  try {
    std::rethrow_exception(sending_->error());
  } catch (const system_error& e) {
    if (r.body().empty()) fail(e.code());
    unsent_ = e.code();
  }
}

void exchange::begin(http::request& r, lease l, bool last) {
  lease_ = std::move(l);
  timeline.connection = lease_.timeline();
  last_ = last;
  request_ = &r;
  lease_->parser().reset(r.method().id());
  lease_->begin_request();
  died_unanswered_ = lease_->used_before();
  unsent_ = failure_ = {};
  sending_.reset();
  continue_ = false;
  body_withheld_ = expects_;
}

// Not a coroutine: nearly all requests go out at once, and leave nothing to keep.
awaitable<void> exchange::perform(http::request& r, lease l, std::string_view head, bool last) {
  begin(r, std::move(l), last);
  const auto* const whole = r.body().text();
  std::string_view text = whole ? std::string_view{*whole} : std::string_view{};
  const bool in_memory = whole || r.body().empty();
  const bool sent = !expects_ && send_at_once(head, text);
  if (sent && in_memory) return receive_answer();
  return send_and_receive(r, std::string{head}, whole ? whole->size() - text.size() : 0);
}

awaitable<void> exchange::send_and_receive(http::request& r, std::string rest_of_head,
                                           std::size_t sent_of_text) {
  std::string_view head = rest_of_head;
  if (expects_) {
    const bool answered = co_await answered_before_body(head);
    if (answered && (!continue_ || !lease_)) co_return;
    body_withheld_ = false;
    if (answered) {  // the response is streamed while the request is read
      start_sending(r, head, sent_of_text);
      co_return;
    }
  }
  co_await send_while_receiving(r, head, sent_of_text);
  co_await receive_answer();
}

awaitable<void> exchange::receive_answer() {
  try {
    co_await receive_head();
  } catch (const system_error&) {
    if (!unsent_) throw;
    fail(unsent_);  // there was no answer
  }
}

// Sends the head, and waits for what the server says to it, but not longer than a second: many say nothing.
awaitable<bool> exchange::answered_before_body(std::string_view& head) {
  constexpr std::chrono::seconds longest{1};
  std::string_view no_body;
  if (!send_at_once(head, no_body)) {
    const time_limit limit{timeouts_.write, "timeouts.write", "sending the request"};
    try {
      co_await wait_for(lease_->stream().write(std::as_bytes(std::span{head})), timeouts_.write);
    } catch (const timeout_error&) { time_out(limit); }
    head = {};
  }
  const auto self = lease_.shared();
  auto& c = *self;
  const auto until = bight::detail::deadline_after(clock::now(), longest);
  while (!continue_) {
    event ended;
    c.arm();
    if (!c.arrived()) {
      c.tell(&ended);
      struct at_end {
        connection& c;
        ~at_end() { c.tell(nullptr); }
      } const forget{c};
      const auto left = std::min(until, deadline_) - clock::now();
      try {
        co_await wait_for(ended.wait(), std::max<clock::duration>(left, clock::duration{1}));
      } catch (const timeout_error&) { co_return false; }
    }
    const auto n = co_await receive(deadline_, waiting_for_response());
    if (n == 0) co_return false;  // what is wrong shows when the response is read
    if (have_head()) co_return true;
  }
  co_return false;
}

awaitable<void> exchange::receive_head() {
  const auto limit = waiting_for_response();
  const auto now = clock::now();
  timeline.sent = now;
  const auto until = std::min(bight::detail::deadline_after(now, limit.timeout), deadline_);
  do {
    const auto n = co_await receive(until, limit);
    if (n == 0) {
      lease_->parser().finish();
      fail_parse();
    }
  } while (!have_head());
}

awaitable<void> exchange::stop_sending() {
  if (!sending_ || sending_->done()) co_return;
  sending_->cancel();
  co_await sending_->wait_for_end();
}

net::stream exchange::take_stream() {
  if (!lease_ || !lease_->parser().upgraded()) return {};
  auto connection = lease_.shared();
  auto s = upgraded_stream(std::move(connection->stream()), std::string{connection->pending()});
  lease_.drop();
  return s;
}

bool exchange::have_head() {
  auto& c = *lease_;
  auto& parser = c.parser();
  while (true) {
    const auto step = parser.feed(c.pending());
    if (step.what == h1::event::head) take_head();  // before its bytes are consumed
    c.consume(step.consumed);
    switch (step.what) {
      case h1::event::head:
        if (parser.done() && !parser.upgraded()) finish_message();
        return true;
      case h1::event::error:
        fail_parse();
      case h1::event::interim:
        continue_ = continue_ || parser.status() == status::continue_;
        continue;
      case h1::event::need_more:
        return false;
      default:
        continue;
    }
  }
}

void exchange::take_head() {
  timeline.head = clock::now();
  const auto& parser = lease_->parser();
  status = parser.status();
  headers.assign(parser.headers());
  lease_->read_keep_alive(headers);
  deviates = parser.deviations().any();
  if (parser.done() || parser.upgraded()) {
    if (request_->method() == method::head && !headers.contains(header_id::content_encoding))
      size_hint = content_length(headers).value_or(0);
    return;
  }
  make_decoder();
  if (decoder_.identity()) {
    lease_->parser().body_limit(limits_.max_body);
    size_hint = parser.body_size().value_or(0);
    if (size_hint > limits_.max_body)
      fail(make_error_code(errc::body_too_large),
           "Content-Length " + std::to_string(size_hint) + ", limit " + std::to_string(limits_.max_body));
  } else {
    // What decodes to nothing has an end, too.
    constexpr std::uint64_t slack = 64 * 1024;
    const auto coded = limits_.max_body / 8 + slack;
    lease_->parser().body_limit(limits_.max_body > h1::unlimited - coded ? h1::unlimited
                                                                         : limits_.max_body + coded);
  }
}

void exchange::make_decoder() {
  if (!decode_ || !headers.contains(header_id::content_encoding)) return;
  std::string codings;  // several lines are one list (RFC 9110 5.3)
  for (const std::string_view line : headers.get_all(header_id::content_encoding))
    codings.append(codings.empty() ? "" : ", ").append(line);
  const coding::decode_options options{
      .max_decoded = limits_.max_body, .max_ratio = limits_.max_ratio, .pass_unknown = true};
  auto made = coding::content_decoder::create(codings, options);
  if (!made) fail(made.error(), codings);
  decoder_ = std::move(*made);
}

void exchange::finish_message() {
  timeline.end = clock::now();
  const auto& parser = lease_->parser();
  if (!parser.trailers().empty()) trailers.assign(parser.trailers());
  // A server that answers before it has read all does not read the rest as another request.
  const bool sent = !sending_ || (sending_->done() && !sending_->error());
  if (parser.keep_alive() && lease_->pending().empty() && !lease_->armed() && sent && !unsent_ && !last_ &&
      !body_withheld_)
    lease_.give_back();
  else
    lease_.drop();
}

// A piece as received, empty at the end; nothing if more must come first. It lies in the slab: it is consumed
// at the next call.
std::optional<std::string_view> exchange::raw_piece() {
  while (lease_) {
    auto& c = *lease_;
    c.consume(std::exchange(piece_size_, 0));
    auto& parser = c.parser();
    const auto step = parser.feed(c.pending());
    deviates = deviates || parser.deviations().any();
    switch (step.what) {
      case h1::event::error:
        fail_parse();
      case h1::event::body:
        piece_size_ = step.consumed;
        received += step.body.size();
        return step.body;
      case h1::event::end:
        c.consume(step.consumed);
        finish_message();
        break;
      case h1::event::need_more:
        c.consume(step.consumed);
        return std::nullopt;
      default:
        c.consume(step.consumed);
    }
  }
  return std::string_view{};
}

awaitable<void> exchange::receive() {
  const time_limit limit{timeouts_.read, "timeouts.read", "reading the body"};
  const auto n = co_await receive(end_of(limit), limit);
  if (n != 0) co_return;
  if (lease_->parser().finish().what != h1::event::end) fail_parse();
  deviates = deviates || lease_->parser().deviations().any();
  finish_message();
}

std::optional<std::string_view> exchange::decode_piece() {
  constexpr std::size_t size = 64 * 1024;
  if (ended_) return std::string_view{};
  if (decoded_.empty()) decoded_.resize(size);
  while (true) {
    if (raw_.empty() && !draining_decoder_) {
      const auto piece = raw_piece();
      if (!piece) return std::nullopt;
      raw_ = *piece;
      if (raw_.empty()) {
        if (const auto ec = decoder_.finish()) fail(ec);
        ended_ = true;
        return raw_;
      }
    }
    const auto done = decoder_.decode(raw_, decoded_);
    raw_.remove_prefix(done.consumed);
    if (done.error)
      fail(done.error, "limits: " + std::to_string(limits_.max_body) + " bytes decoded, ratio " +
                           std::to_string(limits_.max_ratio));
    draining_decoder_ = done.produced == decoded_.size();
    if (done.produced != 0) return std::string_view{decoded_.data(), done.produced};
  }
}

std::optional<std::string_view> exchange::next_piece() {
  require_intact();
  if (held_) return std::exchange(held_piece_, {});
  return decoder_.identity() ? raw_piece() : decode_piece();
}

void exchange::hold_if_here() noexcept {
  const auto size = lease_ ? lease_->parser().body_size() : std::nullopt;
  if (!size || *size - received > lease_->pending().size()) return;
  try {
    std::string all;
    for (auto piece = next_piece(); piece && !piece->empty(); piece = next_piece()) all.append(*piece);
    held_piece_ = held_.emplace(std::move(all));
  } catch (const std::exception&) {  // said when it is read
    lease_.drop();
    if (!failure_) failure_ = make_error_code(errc::truncated);
  }
}

awaitable<void> exchange::drain(std::size_t limit) {
  held_piece_ = {};
  std::size_t dropped = 0;
  if (lease_) {
    const auto declared = lease_->parser().body_size();
    if (declared && *declared - received > limit) lease_.drop();
  }
  while (lease_) {
    const auto piece = raw_piece();
    if (!piece) {
      co_await receive();
      continue;
    }
    dropped += piece->size();
    if (dropped > limit) lease_.drop();
  }
  ended_ = true;
  raw_ = {};
}

}  // namespace bight::http::detail
