#include <bight/http/event_source.hpp>

#include <algorithm>
#include <bight/core/clock.hpp>
#include <bight/core/error.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/task.hpp>
#include <bight/http/date.hpp>
#include <bight/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "http/body_access.hpp"
#include "http/client/core.hpp"
#include "http/h1/types.hpp"
#include "http/sse/parser.hpp"

namespace bight::http {

using boost::system::system_error;

namespace {

// Of a response that has none of the events.
status_error refusal(const response& r) {
  const auto wait = r.headers().get(header_id::retry_after);
  const auto now = std::chrono::floor<std::chrono::seconds>(wall_clock::now());
  return {r.status(), r.url().redacted(), wait ? parse_retry_after(*wait, now) : std::nullopt};
}

void require_event_stream(const response& r) {
  const std::string given{r.headers().get(header_id::content_type).value_or("no Content-Type")};
  const auto type = media_type_view::parse(given);
  if (!type || !type->is("text", "event-stream"))
    throw system_error(make_error_code(errc::not_an_event_stream), r.url().redacted() + ": " + given);
}

}  // namespace

// Also held by the task that waits for the next event, which goes on when `next` is cancelled.
class event_source::impl {
 public:
  impl(detail::request_draft draft, event_source_options o) : impl(std::move(o)) {
    core_ = draft.core;
    try {
      request_.emplace(draft.finish());
    } catch (...) {
      error_ = std::current_exception();
      return;
    }
    reconnects_ = options_.reconnect.value_or(request_->method() == method::get);
    prepare(*request_);
  }
  impl(http::response r, event_source_options o) : impl(std::move(o)) {
    try {
      accept(std::move(r));
    } catch (...) { error_ = std::current_exception(); }
  }

  static awaitable<std::optional<server_sent_event>> next(std::shared_ptr<impl> self);
  const std::string& last_event_id() const noexcept { return last_event_id_; }
  std::uint64_t reconnections() const noexcept {
    return connections_ - std::min<std::uint64_t>(connections_, 1);
  }
  void close() noexcept;

 private:
  explicit impl(event_source_options o) : options_(std::move(o)), parser_(options_.limits) {
    last_event_id_ = options_.last_event_id;
    parser_.set_last_event_id(last_event_id_);
  }
  void prepare(http::request& r) const;
  http::request next_request();
  void accept(http::response r);
  std::optional<server_sent_event> take();
  static awaitable<void> work(std::shared_ptr<impl> self);
  awaitable<void> advance();
  awaitable<void> connect();
  awaitable<void> read();
  void lose(const std::exception_ptr& why, std::optional<clock::duration> wait = {});

  std::shared_ptr<detail::client_core> core_;
  std::optional<http::request> request_;
  event_source_options options_;
  sse::parser parser_;
  std::string last_event_id_;  // of the events that were returned
  std::optional<http::response> response_;
  std::string_view input_;  // of the piece that was read last
  std::exception_ptr error_;
  task<void> working_;
  clock::duration delay_{};  // before the next connection
  std::uint64_t connections_ = 0;
  unsigned failures_ = 0;   // since bytes of a stream have come
  bool had_bytes_ = false;  // of any stream
  bool reconnects_ = false;
  bool closed_ = false;
  bool waiting_ = false;
};

void event_source::impl::prepare(http::request& r) const {
  auto& fields = r.headers();
  if (!fields.contains(header_id::accept)) fields.set(header_id::accept, "text/event-stream");
  if (!fields.contains(header_id::cache_control)) fields.set(header_id::cache_control, "no-cache");
  if (!r.timeouts()) {
    auto timeouts = core_->options().timeouts;
    timeouts.read = options_.idle_timeout;
    timeouts.total = forever;
    r.set_timeouts(timeouts);
  }
  if (!r.max_body()) r.set_max_body(h1::unlimited);
  if (reconnects_) r.set_retry(false);
}

// An id that is no field value cannot be sent; browsers do not send it either.
http::request event_source::impl::next_request() {
  auto r = request_->with_body(body_access::share(request_->body()));
  const auto& id = parser_.last_event_id();
  if (!id.empty() && is_field_value(id)) r.headers().set("Last-Event-ID", id);
  return r;
}

void event_source::impl::accept(http::response r) {
  if (r.status() == status::no_content) {
    closed_ = true;
    return;
  }
  if (r.status() != status::ok) throw refusal(r);
  require_event_stream(r);
  parser_.restart();
  response_.emplace(std::move(r));
}

// The connection has ended, or could not be made. Throws when it is the last one.
void event_source::impl::lose(const std::exception_ptr& why, std::optional<clock::duration> wait) {
  response_.reset();
  input_ = {};
  if (!reconnects_) {
    closed_ = true;
    if (why) std::rethrow_exception(why);
    return;
  }
  ++failures_;
  // The end of a stream that has brought something is the first of them, and no attempt that has failed.
  const auto attempts = failures_ - (had_bytes_ ? 1U : 0U);
  if (options_.max_attempts != 0 && attempts >= options_.max_attempts) {
    if (why) std::rethrow_exception(why);
    throw system_error(
        make_error_code(errc::truncated),
        request_->url().redacted() + ": " + std::to_string(attempts) + " responses in a row had no events");
  }
  const clock::duration own = parser_.retry() ? clock::duration{*parser_.retry()} : options_.reconnect_delay;
  delay_ = std::min<clock::duration>(wait.value_or(own), options_.max_reconnect_delay) +
           options_.backoff.delay(failures_);
}

awaitable<void> event_source::impl::connect() {
  const auto delay = std::exchange(delay_, {});
  if (delay > clock::duration::zero()) co_await sleep(delay);
  ++connections_;
  std::exception_ptr failure;
  std::optional<clock::duration> wait;
  try {
    auto answer = co_await detail::client_core::send(core_, next_request());
    accept(std::move(answer));
  } catch (const status_error& e) {
    if (!reconnects_ || !e.status().is_temporary()) throw;
    failure = std::current_exception();
    wait = e.retry_after();
  } catch (const system_error& e) {
    if (e.code() != transient) throw;
    failure = std::current_exception();
  }
  if (failure) lose(failure, wait);
}

awaitable<void> event_source::impl::read() {
  std::exception_ptr failure;
  try {
    input_ = co_await response_->read_piece();
  } catch (const system_error& e) {
    if (e.code() != transient) throw;
    failure = std::current_exception();
  }
  if (input_.empty()) {
    lose(failure);
  } else {
    failures_ = 0;
    had_bytes_ = true;
  }
}

// Up to the next event, or the end.
awaitable<void> event_source::impl::advance() {
  while (!closed_) {
    if (!response_) {
      co_await connect();
      continue;
    }
    const auto what = parser_.read(input_);
    if (what == sse::parser::result::event) co_return;
    if (what == sse::parser::result::too_large)
      throw system_error(
          make_error_code(errc::event_too_large),
          response_->url().redacted() + ": limit " + std::to_string(options_.limits.max_event) + " bytes");
    co_await read();
  }
}

awaitable<void> event_source::impl::work(std::shared_ptr<impl> self) {
  try {
    co_await self->advance();
  } catch (const cancelled_error&) { self->closed_ = true; } catch (...) {
    self->error_ = std::current_exception();
  }
  if (self->closed_ || self->error_) self->response_.reset();
}

std::optional<server_sent_event> event_source::impl::take() {
  auto e = std::move(parser_.event());
  last_event_id_ = e.id;
  return e;
}

awaitable<std::optional<server_sent_event>> event_source::impl::next(std::shared_ptr<impl> self) {
  if (self->waiting_) throw std::logic_error("bight: event_source::next: another call is waiting");
  if (!self->working_.valid() && !self->error_) {
    if (self->closed_) co_return std::nullopt;
    if (self->response_ && self->parser_.read(self->input_) == sse::parser::result::event)
      co_return self->take();
    self->working_ = spawn(named("http::event_source", work), self);
  }
  if (self->working_.valid()) {
    struct at_end {
      impl& i;
      ~at_end() { i.waiting_ = false; }
    } const until_then{*self};
    self->waiting_ = true;
    co_await self->working_.wait();
    self->working_ = {};
  }
  if (self->error_) {
    self->closed_ = true;
    std::rethrow_exception(std::exchange(self->error_, nullptr));
  }
  if (self->closed_) co_return std::nullopt;
  co_return self->take();
}

void event_source::impl::close() noexcept {
  closed_ = true;
  if (working_.valid() && !working_.done())
    working_.cancel();
  else
    response_.reset();
}

event_source::event_source(request_builder request, event_source_options options)
    : impl_(std::make_shared<impl>(std::move(request.draft_), std::move(options))) {}
event_source::event_source(response r, event_source_options options)
    : impl_(std::make_shared<impl>(std::move(r), std::move(options))) {}
event_source::event_source(event_source&&) noexcept = default;
event_source& event_source::operator=(event_source&& other) noexcept {
  if (impl_ && impl_ != other.impl_) impl_->close();
  impl_ = std::move(other.impl_);
  return *this;
}
event_source::~event_source() {
  if (impl_) impl_->close();
}

awaitable<std::optional<server_sent_event>> event_source::next() { return impl::next(impl_); }
const std::string& event_source::last_event_id() const noexcept { return impl_->last_event_id(); }
std::uint64_t event_source::reconnections() const noexcept { return impl_->reconnections(); }
void event_source::close() noexcept { impl_->close(); }

}  // namespace bight::http
