#include "http/client/exchange.hpp"

#include <algorithm>
#include <bight/core/error.hpp>
#include <bight/core/timeout.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>

namespace bight::http::detail {

using boost::system::error_code;
using boost::system::system_error;

void exchange::fail(const error_code& ec, std::string_view detail) {
  lease_.drop();
  failure_ = ec;
  std::string text{url_.href()};
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
  throw timeout_error{url_.href() + ": " + doing};
}

void exchange::require_intact() const {
  if (failure_) throw system_error(failure_, url_.href());
}

// Whatever ends a wait but data leaves the connection useless.
awaitable<std::size_t> exchange::receive_within(std::chrono::nanoseconds limit, const char* doing) {
  try {
    const auto n =
        co_await wait_for(lease_->receive(), std::min<clock::duration>(limit, time_left(deadline_)));
    died_unanswered_ = died_unanswered_ && n == 0;
    co_return n;
  } catch (const timeout_error&) { time_out(doing); } catch (const system_error& e) {
    fail(e.code());
  } catch (...) {
    lease_.drop();
    failure_ = make_error_code(errc::truncated);
    throw;
  }
}

awaitable<void> exchange::send(std::string_view head, std::string_view body) {
  try {
    auto write = lease_->stream().write(std::as_bytes(std::span{head}), std::as_bytes(std::span{body}));
    co_await wait_for(std::move(write), time_left(deadline_));
  } catch (const timeout_error&) { time_out("sending the request"); } catch (const system_error& e) {
    if (body.empty()) fail(e.code());
    unsent_ = e.code();
  }
}

awaitable<void> exchange::perform(method m, std::string_view head, std::string_view body) {
  lease_->parser().reset(m.id());
  lease_->begin_request();
  died_unanswered_ = lease_->used_before();
  co_await send(head, body);
  try {
    co_await receive_head();
  } catch (const system_error&) {
    // A server that refuses a body answers and closes, and the answer counts. There was none.
    if (!unsent_) throw;
    fail(unsent_);
  }
}

awaitable<void> exchange::receive_head() {
  const auto by = bight::detail::deadline_after(clock::now(), timeouts_.first_byte);
  auto& c = *lease_;
  auto& parser = c.parser();
  while (true) {
    const auto step = parser.feed(c.pending());
    if (step.what == h1::event::head) take_head();  // before its bytes are consumed
    c.consume(step.consumed);
    switch (step.what) {
      case h1::event::head:
        if (parser.done()) finish_message();
        co_return;
      case h1::event::error:
        fail_parse();
      case h1::event::need_more:
        break;
      default:
        continue;
    }
    const auto n = co_await receive_within(time_left(by), "waiting for the response");
    if (n == 0) {
      parser.finish();
      fail_parse();
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
  ended_ = true;
  if (lease_->parser().keep_alive() && lease_->pending().empty() && !unsent_)
    lease_.give_back();
  else
    lease_.drop();
}

// A piece as received. It lies in the slab: it is consumed at the next call.
awaitable<std::string_view> exchange::read_raw() {
  while (true) {
    if (!lease_) co_return std::string_view{};
    auto& c = *lease_;
    c.consume(std::exchange(piece_size_, 0));
    auto& parser = c.parser();
    auto step = parser.feed(c.pending());
    if (step.what == h1::event::need_more) {
      c.consume(step.consumed);
      const auto n = co_await receive_within(timeouts_.read, "reading the body");
      if (n != 0) continue;
      step = parser.finish();
    }
    deviates_ = deviates_ || parser.deviations().any();
    switch (step.what) {
      case h1::event::error:
        fail_parse();
      case h1::event::body:
        piece_size_ = step.consumed;
        received_ += step.body.size();
        co_return step.body;
      case h1::event::end:
        c.consume(step.consumed);
        finish_message();
        co_return std::string_view{};
      default:
        c.consume(step.consumed);
    }
  }
}

awaitable<std::string_view> exchange::read_some() {
  require_intact();
  if (decoder_.identity()) {
    if (ended_) co_return std::string_view{};
    co_return co_await read_raw();
  }
  constexpr std::size_t piece = 64 * 1024;
  if (decoded_.empty()) decoded_.resize(piece);
  while (true) {
    if (raw_.empty() && !draining_decoder_) {
      if (ended_) co_return std::string_view{};
      raw_ = co_await read_raw();
      if (raw_.empty()) {
        if (const auto ec = decoder_.finish()) fail(ec);
        co_return std::string_view{};
      }
    }
    const auto done = decoder_.decode(raw_, decoded_);
    raw_.remove_prefix(done.consumed);
    if (done.error)
      fail(done.error, "limits: " + std::to_string(limits_.body) + " bytes decoded, ratio " +
                           std::to_string(limits_.ratio));
    draining_decoder_ = done.produced == decoded_.size();
    if (done.produced != 0) co_return std::string_view{decoded_.data(), done.produced};
  }
}

awaitable<std::string> exchange::read_all() {
  constexpr std::uint64_t trusted_hint = 1U << 20U;  // a declared length is believed up to here
  std::string all;
  all.reserve(std::min(size_hint_, trusted_hint));
  while (true) {
    const auto piece = co_await read_some();
    if (piece.empty()) co_return all;
    all.append(piece);
  }
}

awaitable<void> exchange::drain(std::size_t limit) {
  std::size_t dropped = 0;
  if (lease_) {
    const auto declared = lease_->parser().body_size();
    if (declared && *declared - received_ > limit) lease_.drop();
  }
  while (lease_) {
    const auto piece = co_await read_raw();
    dropped += piece.size();
    if (dropped > limit) lease_.drop();
  }
  ended_ = true;
  raw_ = {};
  draining_decoder_ = false;
}

}  // namespace bight::http::detail
