#include "http/client/exchange.hpp"

#include <algorithm>
#include <array>
#include <bight/core/error.hpp>
#include <bight/core/timeout.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <span>

namespace bight::http::detail {

using boost::system::error_code;
using boost::system::system_error;

void exchange::fail(const error_code& ec, std::string_view detail) {
  lease_.drop();
  failure_ = ec;
  std::string text = url().redacted();
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

void exchange::time_out(const char* doing) {
  lease_.drop();
  failure_ = make_error_code(bight::errc::timed_out);
  throw timeout_error{url().redacted() + ": " + doing};
}

void exchange::require_intact() const {
  if (failure_) throw system_error(failure_, url().redacted());
}

// Whatever ends a wait but data leaves the connection useless.
awaitable<std::size_t> exchange::receive(patience p) {
  try {
    bight::detail::timeout_scope scope{p.until};
    bight::detail::bounded_awaiter<std::size_t> reading{scope, lease_->stream().read_some(lease_->room())};
    const auto n = co_await reading;
    lease_->received(n);
    died_unanswered_ = died_unanswered_ && n == 0;
    co_return n;
  } catch (const timeout_error&) { time_out(p.doing); } catch (const system_error& e) {
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
    auto n = lease_->stream().try_write(pieces);
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

awaitable<void> exchange::send(std::string_view head, std::string_view body) {
  const bool with_body = !request_.body().empty();
  try {
    const std::array pieces{std::as_bytes(std::span{head}), std::as_bytes(std::span{body})};
    auto write = lease_->stream().write(pieces);
    co_await wait_for(std::move(write), time_left(deadline_));
  } catch (const timeout_error&) { time_out("sending the request"); } catch (const system_error& e) {
    if (!with_body) fail(e.code());
    unsent_ = e.code();
  }
}

awaitable<void> exchange::perform(lease l, std::string_view head, bool last) {
  lease_ = std::move(l);
  last_ = last;
  lease_->parser().reset(request_.method().id());
  lease_->begin_request();
  died_unanswered_ = lease_->used_before();
  unsent_ = failure_ = {};
  std::string_view body = request_.body();
  if (!send_at_once(head, body)) co_await send(head, body);
  try {
    const auto until = bight::detail::deadline_after(clock::now(), timeouts_.first_byte);
    const patience limit{std::min(until, deadline_), "waiting for the response"};
    while (!have_head()) {
      const auto n = co_await receive(limit);
      if (n != 0) continue;
      lease_->parser().finish();
      fail_parse();
    }
  } catch (const system_error&) {
    if (!unsent_) throw;
    fail(unsent_);  // there was no answer
  }
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
        if (parser.done()) finish_message();
        return true;
      case h1::event::error:
        fail_parse();
      case h1::event::need_more:
        return false;
      default:
        continue;
    }
  }
}

void exchange::take_head() {
  const auto& parser = lease_->parser();
  status_ = parser.status();
  headers_.assign(parser.headers());
  deviates_ = parser.deviations().any();
  if (parser.done()) return;
  make_decoder();
  if (decoder_.identity()) {
    lease_->parser().body_limit(limits_.body);
    size_hint_ = parser.body_size().value_or(0);
    if (size_hint_ > limits_.body)
      fail(make_error_code(errc::body_too_large),
           "Content-Length " + std::to_string(size_hint_) + ", limit " + std::to_string(limits_.body));
  } else {
    // What decodes to nothing has an end, too.
    constexpr std::uint64_t slack = 64 * 1024;
    const auto coded = limits_.body / 8 + slack;
    lease_->parser().body_limit(limits_.body > h1::unlimited - coded ? h1::unlimited : limits_.body + coded);
  }
}

void exchange::make_decoder() {
  if (!decode_ || !headers_.contains(header_id::content_encoding)) return;
  std::string codings;  // several lines are one list (RFC 9110 5.3)
  for (const std::string_view line : headers_.get_all(header_id::content_encoding))
    codings.append(codings.empty() ? "" : ", ").append(line);
  const coding::decode_options options{
      .max_decoded = limits_.body, .max_ratio = limits_.ratio, .pass_unknown = true};
  auto made = coding::content_decoder::create(codings, options);
  if (!made) fail(made.error(), codings);
  decoder_ = std::move(*made);
}

void exchange::finish_message() {
  if (lease_->parser().keep_alive() && lease_->pending().empty() && !unsent_ && !last_)
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
    deviates_ = deviates_ || parser.deviations().any();
    switch (step.what) {
      case h1::event::error:
        fail_parse();
      case h1::event::body:
        piece_size_ = step.consumed;
        received_ += step.body.size();
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

awaitable<void> exchange::receive_body() {
  const auto n = co_await receive(for_body());
  if (n != 0) co_return;
  if (lease_->parser().finish().what != h1::event::end) fail_parse();
  deviates_ = deviates_ || lease_->parser().deviations().any();
  finish_message();
}

patience exchange::for_body() const noexcept {
  return {std::min(bight::detail::deadline_after(clock::now(), timeouts_.read), deadline_),
          "reading the body"};
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
      fail(done.error, "limits: " + std::to_string(limits_.body) + " bytes decoded, ratio " +
                           std::to_string(limits_.ratio));
    draining_decoder_ = done.produced == decoded_.size();
    if (done.produced != 0) return std::string_view{decoded_.data(), done.produced};
  }
}

std::optional<std::string_view> exchange::next_piece() {
  require_intact();
  return decoder_.identity() ? raw_piece() : decode_piece();
}

awaitable<std::string_view> exchange::read_some() {
  while (true) {
    if (const auto piece = next_piece()) co_return *piece;
    co_await receive_body();
  }
}

awaitable<std::string> exchange::read_all() {
  constexpr std::uint64_t trusted_hint = 1U << 20U;  // a declared length is believed up to here
  std::string all;
  all.reserve(std::min(size_hint_, trusted_hint));
  while (true) {
    const auto piece = next_piece();
    if (!piece) {
      co_await receive_body();
    } else {
      if (piece->empty()) co_return all;
      all.append(*piece);
    }
  }
}

awaitable<void> exchange::drain(std::size_t limit) {
  std::size_t dropped = 0;
  if (lease_) {
    const auto declared = lease_->parser().body_size();
    if (declared && *declared - received_ > limit) lease_.drop();
  }
  while (lease_) {
    const auto piece = raw_piece();
    if (!piece) {
      co_await receive_body();
      continue;
    }
    dropped += piece->size();
    if (dropped > limit) lease_.drop();
  }
  ended_ = true;
  raw_ = {};
}

}  // namespace bight::http::detail
