#include "http/server/connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bight/core/clock.hpp>
#include <bight/core/detail/task_awaiter.hpp>
#include <bight/core/error.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/timeout.hpp>
#include <bight/http/problem.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <span>

#include "http/body_access.hpp"
#include "http/h1/serializer.hpp"
#include "http/server/background_work.hpp"
#include "http/server/plain_text.hpp"
#include "http/upgrade_access.hpp"
#include "http/upgraded_stream.hpp"

namespace bight::http::detail {

using boost::system::system_error;

namespace {

constexpr std::size_t slab_slack =
    16 * 1024;  // for the body, and for pipelined bytes, behind the largest head
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";
// A client that sends while the end of the connection is on its way shall read that, not a reset. Many read
// nothing before they have sent all: those that go on sending are heard out for longer.
constexpr std::chrono::seconds linger_after_response{1};
constexpr std::chrono::seconds longest_linger{10};
constexpr std::chrono::milliseconds linger_when_idle{250};

h1::limits limits_of(const server_options& o) {
  return {.head = o.limits.max_head,
          .fields = o.limits.max_headers,
          .target = o.limits.max_target,
          .body = o.limits.max_body};
}

std::size_t slab_size(const server_options& o) {
  return std::max(std::size_t{o.limits.max_head}, std::size_t{h1::limits{}.trailer}) + slab_slack;
}

// There are no tunnels here, and a host and port has no other methods (RFC 9110 9.3.6, 15.5.6).
server_response no_tunnel() {
  auto r = plain_text(status::method_not_allowed, "method not allowed");
  r.headers().set(header_id::allow, "");
  return r;
}

clock::time_point in(std::chrono::nanoseconds d) { return bight::detail::deadline_after(clock::now(), d); }

}  // namespace

void log_failure(std::string_view what) {
  log(log_level::error, "bight: " + std::string{what} + " failed: " + describe(std::current_exception()));
}

server_connection::server_connection(server_state& shared, net::stream s, bight::detail::task_base& task,
                                     background_work& work)
    : shared_(shared), work_(work), task_(task), stream_(std::move(s)), watchdog_(task) {
  shared_.open.push_back(this);
}

server_connection::~server_connection() {
  flush_soon_.cancel();
  rest();
  auto& list = shared_.open;
  *std::find(list.begin(), list.end(), this) = list.back();
  list.pop_back();
}

awaitable<upgraded_connection> server_connection::serve_http(server_state& shared, net::stream s,
                                                             background_work& work) {
  bight::detail::task_awaiter this_task;
  auto& task = co_await this_task;
  server_connection connection{shared, std::move(s), task, work};
  co_await connection.serve_and_end();
  co_return connection.take_upgraded();
}

// The connection is the handler's, until it returns.
awaitable<void> server_connection::run_upgraded(server_state& shared, upgraded_connection upgraded) {
  struct listed {
    std::vector<upgraded_connection*>& list;
    upgraded_connection* one;
    ~listed() {
      *std::find(list.begin(), list.end(), one) = list.back();
      list.pop_back();
    }
  };
  shared.upgraded.push_back(&upgraded);
  const listed on_the_list{shared.upgraded, &upgraded};
  try {
    auto work = upgraded.talk(std::move(upgraded.stream));
    co_await std::move(work);
  } catch (const cancelled_error&) { throw; } catch (const system_error&) {  // the peer has gone
  } catch (...) { log_failure("an upgraded connection"); }
}

// What only requests need is gone while another protocol is spoken: there may be many such connections.
awaitable<void> server_connection::serve(server_state& shared, net::stream s) {
  background_work work;
  std::exception_ptr cancelled;
  try {
    auto requests = serve_http(shared, std::move(s), work);
    auto upgraded = co_await std::move(requests);
    if (upgraded.talk) {
      auto talking = run_upgraded(shared, std::move(upgraded));
      co_await std::move(talking);
    }
  } catch (...) { cancelled = std::current_exception(); }
  if (!work.empty()) co_await work.finish(cancelled != nullptr);
  if (cancelled) std::rethrow_exception(cancelled);
}

awaitable<void> server_connection::serve_and_end() {
  std::exception_ptr cancelled;
  bool timed_out = false;
  try {
    co_await serve_requests();
  } catch (const cancelled_error&) {
    timed_out = watchdog_.alone() && !client_error_;
    if (!watchdog_.alone()) cancelled = std::current_exception();
  } catch (const system_error&) {  // the client has gone: nobody to tell
  } catch (...) { log_failure("a connection"); }
  // 408 only to a client that had begun to ask (RFC 9110 15.5.9 leaves that open; an idle one expects
  // silence).
  if (timed_out && parser_ && parser_->started() && !idle_) {
    try {
      constexpr std::chrono::seconds limit{1};
      co_await wait_for(refuse(status::request_timeout, "the request took too long"), limit);
    } catch (const system_error&) {}
  }
  flush_now();  // what was answered before the connection failed
  if (!talk_) stream_.abort();
  if (cancelled) std::rethrow_exception(cancelled);
}

// Waits for requests in this frame: that, and what it is awaited by, is what an idle connection costs.
awaitable<void> server_connection::serve_requests() {
  bool stopped = false;
  while (!close_after_ && !stopped) {
    expect_head();
    auto what = parse_head();
    while (what == next::more) {
      if (!corked_.empty()) co_await flush_corked();
      // What has been received is answered also after stop().
      stopped = idle_ && shared_.stopping && !stream_.readable();
      if (stopped) break;
      std::size_t n = 0;
      bool interrupted = false;
      {
        bight::detail::watchdog stop{task_, cancel_reason::shutdown};
        stop_ = idle_ ? &stop : nullptr;
        try {
          n = co_await stream_.read_some(room());
        } catch (const cancelled_error&) {
          interrupted = stop.alone();
          stop_ = nullptr;
          if (!interrupted) throw;
        } catch (...) {
          stop_ = nullptr;
          throw;
        }
        stop_ = nullptr;
      }
      if (interrupted) continue;
      if (n == 0) co_return;
      end_ += n;
      if (end_ == capacity_ && !slab_) receive_rest();
      if (std::exchange(idle_, false)) watchdog_.set(in(shared_.options.limits.header_timeout));
      what = parse_head();
    }
    if (what == next::request) co_await answer();
    if (what == next::refused) co_await refuse(parser_->error_status(), why_refused());
    if (talk_) co_return;
  }
  co_await end_by_hearing_out(stopped ? linger_when_idle : linger_after_response);
}

// The client must get the answer although we have not read all that it sent: a close now would reset the
// connection.
awaitable<void> server_connection::end_by_hearing_out(std::chrono::nanoseconds limit) {
  if (parser_) parser_->reset();
  const auto end = in(longest_linger);
  watchdog_.set(in(limit));
  co_await stream_.shutdown_write();
  std::size_t dropped = 0;
  constexpr std::size_t enough = 1U << 30U;
  pinned_ = 0;
  while (dropped < enough) {
    begin_ = end_ = 0;
    const auto n = co_await stream_.read_some(room());
    if (n == 0) co_return;
    dropped += n;
    if (!shared_.stopping) watchdog_.set(std::min(in(limit), end));
  }
}

// Before the next request: a connection that is idle has no memory for one.
void server_connection::expect_head() {
  const auto& limits = shared_.options.limits;
  idle_ = begin_ == end_;
  pinned_ = 0;
  if (idle_) {
    rest();
  } else {
    if (parser_) parser_->reset();
    if (slab_ && begin_ > slab_slack / 2) {  // the head stays where it comes to lie, and a body needs room
      std::memmove(data_, data_ + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
  }
  watchdog_.set(in(idle_ ? limits.idle_timeout : limits.header_timeout));
}

server_connection::next server_connection::parse_head() {
  if (idle_) return next::more;
  if (!parser_) parser_ = shared_.parsers.take();
  if (!parser_) parser_ = std::make_unique<h1::request_parser>(limits_of(shared_.options));
  const auto step = parser_->feed(pending());
  if (step.what == h1::event::error) {
    watchdog_.clear();
    return next::refused;
  }
  begin_ += step.consumed;
  if (step.what != h1::event::head) return next::more;
  pinned_ = begin_;
  watchdog_.clear();
  return next::request;
}

// Requests are usually little, and connections usually idle: only what does not fit into the connection
// itself gets a slab. A head stays where it lies until it has been answered, so only what follows it moves.
void server_connection::take_slab() {
  capacity_ = slab_size(shared_.options);
  slab_ = shared_.slabs.take();
  if (!slab_) slab_ = std::make_unique_for_overwrite<char[]>(capacity_);
  std::memcpy(slab_.get(), data_ + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = pinned_ = 0;
  data_ = slab_.get();
}

// Gives back what only requests need. Precondition: nothing is pending.
void server_connection::rest() noexcept {
  if (parser_) {
    parser_->reset();
    shared_.parsers.give(std::move(parser_));
  }
  if (slab_) shared_.slabs.give(std::move(slab_));
  data_ = little_.data();
  capacity_ = little_.size();
  begin_ = end_ = 0;
}

// Where to receive more, behind what is pending.
std::span<std::byte> server_connection::room() {
  if (begin_ == end_) {
    begin_ = end_ = pinned_;
  } else if (begin_ != pinned_ && end_ == capacity_) {
    std::memmove(data_ + pinned_, data_ + begin_, end_ - begin_);
    end_ -= begin_ - pinned_;
    begin_ = pinned_;
  }
  if (end_ == capacity_ && !slab_) take_slab();
  return std::as_writable_bytes(std::span{data_ + end_, capacity_ - end_});
}

// There may be more than there was room for. An end or error is seen again by the next read.
void server_connection::receive_rest() {
  take_slab();
  end_ += stream_.try_read(room()).value_or(0);
}

void server_connection::begin_stop() {
  if (on_stop_) return on_stop_();
  if (stop_) stop_->set(clock::now());
}

std::string server_connection::why_refused() const {
  const auto& e = parser_->error();
  std::string why{e.rule};
  if (e.limit != 0) why += " (limit " + std::to_string(e.limit) + ")";
  return why;
}

// So much waiting for so many bytes: a client that dribbles runs out of it. What the handler takes between
// two pieces is not the client's.
void server_connection::start_body_timer(clock::time_point now) {
  const auto& l = shared_.options.limits;
  if (l.min_body_rate == 0 || l.body_timeout == forever) return;
  constexpr std::uint64_t decades = 1'000'000'000;  // in seconds: no sum of these overflows
  const std::chrono::nanoseconds earned =
      std::chrono::seconds{std::min(parser_->body_received() / l.min_body_rate, decades)};
  const auto grace = bight::detail::deadline_after(now, l.body_timeout);
  watchdog_.set(bight::detail::deadline_after(grace, earned + std::chrono::seconds{1} - body_wait_));
}

// A body that is too large is refused before the client is told to send it (RFC 9110 10.1.1).
bool server_connection::must_continue() noexcept {
  return parser_->expects_continue() && !std::exchange(continue_sent_, true) && begin_ == end_ &&
         parser_->body_size().value_or(0) <= body_limit_;
}

awaitable<std::string_view> server_connection::read_body() {
  begin_ += std::exchange(piece_, 0);
  if (must_continue()) co_await write_within_limit(continue_line, std::string_view{});
  while (!body_ended_) {
    const auto step = parser_->feed(pending());
    switch (step.what) {
      case h1::event::body:
        piece_ = step.consumed;
        co_return step.body;
      case h1::event::end:
        begin_ += step.consumed;
        body_ended_ = true;
        if (cancel_on_disconnect_) cancel_on_disconnect();
        break;
      case h1::event::error:
        close_after_ = body_ended_ = body_refused_ = true;
        throw system_error(make_error_code(parser_->error().code), why_refused());
      default:
        begin_ += step.consumed;
        co_await receive_body();
    }
  }
  co_return std::string_view{};
}

awaitable<void> server_connection::receive_body() {
  const auto began = clock::now();
  start_body_timer(began);
  std::size_t n = 0;
  if (!slab_) take_slab();
  try {
    n = co_await stream_.read_some(room());
    end_ += n;
  } catch (const system_error& e) { client_error_ = e.code(); } catch (...) {
    watchdog_.clear();  // a timeout of the handler ended the wait, and the handler may go on
    body_wait_ += clock::now() - began;
    throw;
  }
  watchdog_.clear();
  body_wait_ += clock::now() - began;
  if (n != 0) co_return;
  if (!client_error_) client_error_ = make_error_code(errc::truncated);
  close_after_ = body_ended_ = true;
  throw system_error(client_error_, "request body");
}

void server_connection::begin_request() noexcept {
  body_ended_ = parser_->done();
  continue_sent_ = body_refused_ = cancel_on_disconnect_ = response_begun_ = false;
  body_wait_ = {};
  on_stop_ = {};
  piece_ = 0;
  body_sent_ = 0;
  body_limit_ = shared_.options.limits.max_body;
  parser_->body_limit(body_limit_);
  request_head_ = {parser_->method(), parser_->path(), parser_->authority(), parser_->headers()};
  // What follows CONNECT is for the end of a tunnel, and neither a body nor a request (RFC 9110 9.3.6).
  const bool connect = parser_->method() == method::connect;
  body_ended_ = body_ended_ || connect;
  close_after_ = !parser_->keep_alive() || connect;
}

awaitable<void> server_connection::answer() {
  const auto began = clock::now();
  begin_request();
  request_in request{*this};
  server_response response;
  std::exception_ptr failure;
  handler_error_ = nullptr;
  try {
    co_await respond(request.get(), response);
  } catch (...) { failure = std::current_exception(); }
  if (watch_) co_await end_watch();
  if (auto* const extras = request.extras()) {
    response_record record;
    record.status = response.status();
    record.bytes = body_sent_;
    record.duration = clock::now() - began;
    record.error = failure ? failure : handler_error_;
    for (auto& done : extras->after) done(record);
    for (auto& work : extras->work) work_.start(std::move(work));
  }
  if (failure) std::rethrow_exception(failure);
}

awaitable<server_response> server_connection::call_handler(server_request& request) {
  try {
    if (parser_->method() == method::connect) co_return no_tunnel();
    auto work = shared_.handle(request);
    auto response = co_await std::move(work);
    // An HTTP/1.0 request cannot ask for another protocol.
    if (response.is_upgrade() && !parser_->upgrade())
      co_return plain_text(status{426}, "upgrades require HTTP/1.1");
    co_return response;
  } catch (...) { co_return error_response(); }
}

awaitable<void> server_connection::respond(server_request& request, server_response& response) {
  response = co_await call_handler(request);
  auto& talk = upgrade_access::handler(response);
  // A stream may read what the client still sends.
  const bool reads_on = body_access::is_stream(response.body()) && !bodiless(response);
  if (watch_ && !reads_on) co_await end_watch();  // the producer of a stream is cancelled, too
  if (reads_on && must_continue()) co_await write_within_limit(continue_line, std::string_view{});
  if (!reads_on && (talk || !body_is_done())) co_await finish_body();
  close_after_ = close_after_ || shared_.stopping;
  ++shared_.requests;
  const auto whole = render(response);
  response_begun_ = true;
  if (!send_at_once(whole)) co_await send(response, whole);
  if (reads_on && !body_is_done()) co_await finish_body();
  if (!response.is_upgrade()) co_return;
  if (!corked_.empty()) co_await flush_corked();
  talk_ = std::move(talk);
}

// Also when the client has gone or the stream has been upgraded: logs want to know.
net::endpoint server_connection::remote_endpoint() const {
  if (!remote_ && stream_.valid()) remote_ = std::make_unique<const net::endpoint>(stream_.remote_endpoint());
  return remote_ ? *remote_ : net::endpoint{};
}

net::connection_info server_connection::connection() const {
  return stream_.valid() ? stream_.connection() : net::connection_info{};
}

void server_connection::limit_body(std::uint64_t bytes) noexcept {
  body_limit_ = bytes;
  parser_->body_limit(bytes);
}

awaitable<void> server_connection::inform(status code, const http::headers& fields) {
  if (response_begun_ || parser_->version() == h1::version::http_1_0) co_return;
  std::string text;
  auto ec = h1::append_status_line(text, code);
  if (!ec) ec = h1::append_fields(text, fields);
  if (ec) throw system_error(ec, "informational response");
  h1::append_end_of_head(text);
  if (code == 100) continue_sent_ = true;
  co_await write_within_limit(text, std::string_view{});
}

void server_connection::cancel_on_disconnect() {
  cancel_on_disconnect_ = true;
  if (!body_ended_ || watch_ || (response_begun_ && !has_content_)) return;
  watch_ = spawn(named("http::server: watch for disconnect", [this] { return watch_client(); }));
}

// What comes is the next request, and stays; what ends or fails is a client that waits for nothing any more.
awaitable<void> server_connection::watch_client() {
  while (!room().empty()) {
    std::size_t n = 0;
    try {
      n = co_await stream_.read_some(room());
      if (n == 0) client_error_ = make_error_code(errc::truncated);
    } catch (const system_error& e) { client_error_ = e.code(); }
    end_ += n;
    if (!client_error_) continue;
    watchdog_.set(clock::now());
    co_return;
  }
}

awaitable<void> server_connection::end_watch() {
  auto watch = std::move(*watch_);
  watch_.reset();
  watch.cancel();
  co_await watch.wait();
}

// The first bytes of the other protocol may have come behind the head.
upgraded_connection server_connection::take_upgraded() {
  upgraded_connection made;
  if (!talk_) return made;
  made.talk = std::move(talk_);
  made.stream = upgraded_stream(std::move(stream_), std::string{pending()});
  made.on_stop = std::move(on_stop_);
  return made;
}

server_response server_connection::error_response() {
  try {
    return server_exchange::error_response();
  } catch (const cancelled_error&) {
    // ... or of something that the handler awaited, and no business of this task
    if (watchdog_.task_is_cancelled()) throw;
    handler_error_ = std::current_exception();
    log_failure("a handler");
  } catch (const system_error& e) {
    handler_error_ = std::current_exception();
    if (client_error_ && e.code() == client_error_) throw;
    if (body_refused_ && e.code() == parser_->error().code)
      return plain_text(parser_->error_status(), why_refused());
    log_failure("a handler");
  } catch (...) {
    handler_error_ = std::current_exception();
    log_failure("a handler");
  }
  return internal_error();
}

// What the handler left of the body is read if it is little; otherwise the connection ends after the answer.
bool server_connection::body_is_done() noexcept {
  constexpr std::uint64_t little = 64 * 1024;
  if (body_ended_) return true;
  begin_ += std::exchange(piece_, 0);
  const auto size = parser_->body_size();
  const bool waits = parser_->expects_continue() && !continue_sent_;
  if (size && *size - std::min(*size, parser_->body_received()) <= little && (!waits || *size == 0))
    return false;
  close_after_ = true;
  return true;
}

awaitable<void> server_connection::finish_body() {
  try {
    while (true) {
      const auto piece = co_await read_body();
      if (piece.empty()) co_return;
    }
  } catch (const system_error&) { close_after_ = true; }
}

}  // namespace bight::http::detail
