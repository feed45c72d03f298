#include "http/server/connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bight/core/clock.hpp>
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
constexpr std::size_t stall_piece =
    64 * 1024;  // a client that takes so much within the limit has not stalled

h1::limits limits_of(const server_options& o) {
  return {.head = o.limits.max_head,
          .fields = o.limits.max_headers,
          .target = o.limits.max_target,
          .body = o.limits.max_body};
}

std::size_t slab_size(const server_options& o) {
  return std::max(std::size_t{o.limits.max_head}, std::size_t{h1::limits{}.trailer}) + slab_slack;
}

server_response internal_error() {
  return plain_text(status::internal_server_error, "internal server error");
}

// There are no tunnels here, and a host and port has no other methods (RFC 9110 9.3.6, 15.5.6).
server_response no_tunnel() {
  auto r = plain_text(status::method_not_allowed, "method not allowed");
  r.headers().set(header_id::allow, "");
  return r;
}

void log_failure(std::string_view what) {
  log(log_level::error, "bight: " + std::string{what} + " failed: " + describe(std::current_exception()));
}

clock::time_point in(std::chrono::nanoseconds d) { return bight::detail::deadline_after(clock::now(), d); }

}  // namespace

server_connection::server_connection(server_state& shared, net::stream s, bight::detail::task_base& task,
                                     background_work& work)
    : shared_(shared),
      work_(work),
      stream_(std::move(s)),
      buffer_(std::make_unique_for_overwrite<char[]>(slab_size(shared.options))),
      parser_(limits_of(shared.options)),
      watchdog_(task) {}

awaitable<void> server_connection::run() {
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
  if (timed_out && parser_.started() && !idle_) {
    try {
      constexpr std::chrono::seconds limit{1};
      co_await wait_for(refuse(status::request_timeout, "the request took too long"), limit);
    } catch (const system_error&) {}
  }
  if (!talk_) stream_.abort();
  if (cancelled) std::rethrow_exception(cancelled);
}

awaitable<void> server_connection::serve_requests() {
  while (!close_after_) {
    const auto what = co_await read_head();
    if (what == next::closed) co_return;
    if (what == next::request) co_await answer();
    if (talk_) co_return;
    parser_.reset();
  }
  // The client must get the answer although we have not read all that it sent: a close now would reset the
  // connection.
  watchdog_.set(in(std::chrono::seconds{1}));
  co_await stream_.shutdown_write();
  std::size_t dropped = 0;
  constexpr std::size_t enough = 1U << 20U;
  while (dropped < enough) {
    begin_ = end_ = 0;
    const auto n = co_await stream_.read_some(room());
    if (n == 0) co_return;
    dropped += n;
  }
}

// Where to receive more, behind what is pending.
std::span<std::byte> server_connection::room() noexcept {
  const auto size = slab_size(shared_.options);
  if (begin_ == end_) {
    begin_ = end_ = pinned_;
  } else if (begin_ != pinned_ && end_ == size) {
    std::memmove(buffer_.get() + pinned_, buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_ - pinned_;
    begin_ = pinned_;
  }
  return std::as_writable_bytes(std::span{buffer_.get() + end_, size - end_});
}

// What a plain socket has received is a request, which is answered also after stop(), or the end.
bool server_connection::has_input() noexcept { return stream_.native_handle() != -1 && stream_.readable(); }

// A read may have completed already, and its request is answered: so the wait ends as at the end of the
// stream.
void server_connection::begin_stop() noexcept {
  if (on_stop_) return on_stop_();
  if (!idle_ || has_input()) return;
  if (const int socket = stream_.native_handle(); socket != -1)
    ::shutdown(socket, SHUT_RD);
  else
    stream_.abort();
}

awaitable<server_connection::next> server_connection::read_head() {
  const auto& limits = shared_.options.limits;
  idle_ = begin_ == end_;
  pinned_ = 0;
  if (begin_ > slab_slack / 2) {  // the head stays where it comes to lie, and a body needs room behind it
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (idle_ && shared_.stopping && !has_input()) co_return next::closed;
  watchdog_.set(in(idle_ ? limits.idle_timeout : limits.header_timeout));
  while (true) {
    const auto step = parser_.feed(pending());
    if (step.what == h1::event::head) {
      begin_ += step.consumed;
      pinned_ = begin_;
      watchdog_.clear();
      idle_ = false;
      co_return next::request;
    }
    if (step.what == h1::event::error) {
      watchdog_.clear();
      co_await refuse(parser_.error_status(), why_refused());
      co_return next::refused;
    }
    begin_ += step.consumed;
    const auto n = co_await stream_.read_some(room());
    if (n == 0) co_return next::closed;
    end_ += n;
    if (std::exchange(idle_, false)) watchdog_.set(in(limits.header_timeout));
  }
}

std::string server_connection::why_refused() const {
  const auto& e = parser_.error();
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
      std::chrono::seconds{std::min(parser_.body_received() / l.min_body_rate, decades)};
  const auto grace = bight::detail::deadline_after(now, l.body_timeout);
  watchdog_.set(bight::detail::deadline_after(grace, earned + std::chrono::seconds{1} - body_wait_));
}

// A body that is too large is refused before the client is told to send it (RFC 9110 10.1.1).
bool server_connection::must_continue() noexcept {
  return parser_.expects_continue() && !std::exchange(continue_sent_, true) && begin_ == end_ &&
         parser_.body_size().value_or(0) <= body_limit_;
}

awaitable<std::string_view> server_connection::read_body() {
  begin_ += std::exchange(piece_, 0);
  if (must_continue()) co_await write_within_limit(continue_line, std::string_view{});
  while (!body_ended_) {
    const auto step = parser_.feed(pending());
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
        throw system_error(make_error_code(parser_.error().code), why_refused());
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
  body_ended_ = parser_.done();
  continue_sent_ = body_refused_ = cancel_on_disconnect_ = response_begun_ = false;
  body_wait_ = {};
  on_stop_ = {};
  piece_ = 0;
  body_sent_ = 0;
  body_limit_ = shared_.options.limits.max_body;
  parser_.body_limit(body_limit_);
  request_head_ = {parser_.method(), parser_.path(), parser_.authority(), parser_.headers()};
  // What follows CONNECT is for the end of a tunnel, and neither a body nor a request (RFC 9110 9.3.6).
  const bool connect = parser_.method() == method::connect;
  body_ended_ = body_ended_ || connect;
  close_after_ = !parser_.keep_alive() || connect;
}

awaitable<void> server_connection::answer() {
  const auto began = clock::now();
  begin_request();
  request_in request{*this};
  server_response response;
  std::exception_ptr error;
  std::exception_ptr failure;
  try {
    co_await respond(request.get(), response, error);
  } catch (...) { failure = std::current_exception(); }
  if (watch_) co_await end_watch();
  if (auto* const extras = request.extras()) {
    response_record record;
    record.status = response.status();
    record.bytes = body_sent_;
    record.duration = clock::now() - began;
    record.error = failure ? failure : error;
    for (auto& done : extras->after) done(record);
    for (auto& work : extras->work) work_.start(std::move(work));
  }
  if (failure) std::rethrow_exception(failure);
}

awaitable<server_response> server_connection::call_handler(server_request& request,
                                                           std::exception_ptr& error) {
  try {
    if (parser_.method() == method::connect) co_return no_tunnel();
    auto work = shared_.handle(request);
    auto response = co_await std::move(work);
    // An HTTP/1.0 request cannot ask for another protocol.
    if (response.is_upgrade() && !parser_.upgrade())
      co_return plain_text(status{426}, "upgrades require HTTP/1.1");
    co_return response;
  } catch (const problem& p) { co_return p.to_response(); } catch (const json_error& e) {
    co_return to_problem(e).to_response();
  } catch (const cancelled_error&) {
    if (watchdog_.task_is_cancelled()) throw;
    error = std::current_exception();  // of something that the handler awaited, and no business of this task
    co_return error_response();
  } catch (...) {
    error = std::current_exception();
    co_return error_response();
  }
}

awaitable<void> server_connection::respond(server_request& request, server_response& response,
                                           std::exception_ptr& error) {
  response = co_await call_handler(request, error);
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
  if (response.is_upgrade()) talk_ = std::move(talk);
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
  parser_.body_limit(bytes);
}

awaitable<void> server_connection::inform(status code, const http::headers& fields) {
  if (response_begun_ || parser_.version() == h1::version::http_1_0) co_return;
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

// Called while an exception of the handler is being handled.
server_response server_connection::error_response() {
  try {
    throw;
  } catch (const system_error& e) {
    if (client_error_ && e.code() == client_error_) throw;
    if (body_refused_ && e.code() == parser_.error().code)
      return plain_text(parser_.error_status(), why_refused());
    log_failure("a handler");
  } catch (...) { log_failure("a handler"); }
  return internal_error();
}

// What the handler left of the body is read if it is little; otherwise the connection ends after the answer.
bool server_connection::body_is_done() noexcept {
  constexpr std::uint64_t little = 64 * 1024;
  if (body_ended_) return true;
  begin_ += std::exchange(piece_, 0);
  const auto size = parser_.body_size();
  const bool waits = parser_.expects_continue() && !continue_sent_;
  if (size && *size - std::min(*size, parser_.body_received()) <= little && (!waits || *size == 0))
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

awaitable<void> server_connection::refuse(http::status code, std::string_view why) {
  close_after_ = body_ended_ = true;
  auto response = plain_text(code, why);
  const auto whole = render(response);
  if (!send_at_once(whole)) co_await send(response, whole);
}

// How the message ends is the server's to say: what the handler says of it must agree.
void server_connection::set_framing(server_response& r, std::optional<std::uint64_t> length, bool no_body) {
  auto& fields = r.headers();
  if (r.is_upgrade()) {
    fields.remove(header_id::content_length);
    fields.remove(header_id::transfer_encoding);
    return;
  }
  if (r.status().is_informational())
    throw system_error(make_error_code(errc::malformed_start_line), std::to_string(r.status().code()));
  const bool close = list_contains_token(fields, header_id::connection, "close");
  close_after_ = close_after_ || close;
  if (close || list_contains_token(fields, header_id::connection, "keep-alive"))
    fields.remove(header_id::connection);
  fields.remove(header_id::transfer_encoding);
  if (!fields.contains(header_id::content_length)) return;
  if (r.status() == status::no_content || (!length && !no_body))
    fields.remove(header_id::content_length);
  else if (!no_body && content_length(fields) != length)
    throw system_error(make_error_code(errc::bad_framing),
                       "Content-Length does not match the size of the body");
}

bool server_connection::bodiless(const server_response& r) const noexcept {
  return r.status().forbids_body() || parser_.method() == method::head;
}

// Renders the head. Returns whether the body is chunked.
bool server_connection::render_head(server_response& r, bool no_body) {
  const auto length = r.body().size();
  set_framing(r, length, no_body);
  const bool chunked = !length && !no_body && parser_.version() == h1::version::http_1_1;
  if (!length && !chunked && !no_body)
    close_after_ = true;  // HTTP/1.0: the end of the connection ends the body
  head_.clear();
  if (const auto ec = h1::append_status_line(head_, r.status())) throw system_error(ec, "status line");
  const auto& fields = r.headers();
  if (const auto ec = h1::append_fields(head_, fields)) throw system_error(ec, "response headers");
  const auto field = [this](std::string_view name, std::string_view value) {
    head_.append(name).append(": ").append(value).append("\r\n");
  };
  if (chunked)
    field("Transfer-Encoding", "chunked");
  else if (length && !r.status().forbids_body() && !fields.contains(header_id::content_length))
    h1::append_field(head_, "Content-Length", *length);
  const auto now = std::chrono::floor<std::chrono::seconds>(wall_clock::now());
  if (!fields.contains(header_id::date)) field("Date", shared_.dates.at(now));
  if (!shared_.options.name.empty() && !fields.contains(header_id::server))
    field("Server", shared_.options.name);
  if (r.is_upgrade())
    close_after_ = true;
  else if (close_after_)
    field("Connection", "close");
  else if (parser_.version() == h1::version::http_1_0)
    field("Connection", "keep-alive");
  h1::append_end_of_head(head_);
  return chunked;
}

// Renders the head. Returns the body as far as it is one piece of text.
std::string_view server_connection::render(server_response& r) {
  try {
    chunked_ = render_head(r, bodiless(r));
  } catch (const system_error&) {
    log_failure("a response");
    r = internal_error();
    chunked_ = render_head(r, bodiless(r));
  }
  const auto* const text = r.body().text();
  has_content_ = !text && !r.body().empty() && !bodiless(r);
  if (!text || bodiless(r)) return {};
  body_sent_ = text->size();
  // One buffer is cheaper for the kernel than two, by more than the copy.
  constexpr std::size_t little = 4096;
  if (text->size() > little) return *text;
  head_ += *text;
  return {};
}

// The kernel's buffer usually has room: then a response is one system call.
bool server_connection::send_at_once(std::string_view whole) {
  unsent_from_ = 0;
  if (head_.size() + whole.size() > stall_piece || has_content_) return false;
  const std::array pieces{std::as_bytes(std::span{head_}), std::as_bytes(std::span{whole})};
  unsent_from_ = stream_.try_write(pieces);
  return unsent_from_ == head_.size() + whole.size();
}

awaitable<void> server_connection::send(server_response& r, std::string_view whole) {
  std::string_view head = head_;
  const auto of_head = std::min(unsent_from_, head.size());
  head.remove_prefix(of_head);
  whole.remove_prefix(unsent_from_ - of_head);
  co_await write_within_limit(head, whole);
  if (!has_content_) co_return;
  if (const auto* const file = body_access::file(r.body()))
    co_await send_file(*file);
  else
    co_await send_stream(r.body());
}

awaitable<void> server_connection::send_file(const file_range& file) {
  constexpr std::uint64_t piece = stall_piece;
  std::uint64_t sent = 0;
  while (sent != file.count()) {
    auto sending =
        stream_.send_file(file.descriptor(), file.offset() + sent, std::min(piece, file.count() - sent));
    const auto n = co_await wait_for(std::move(sending), shared_.options.limits.write_timeout);
    sent += n;
    body_sent_ = sent;
    // The file has shrunk: the length that was promised cannot be kept, and only a close says so.
    if (n == 0) throw system_error(make_error_code(errc::truncated), "file");
  }
}

class server_connection::body_sender final : public body_writer {
 public:
  body_sender(server_connection& c, std::optional<std::uint64_t> size) noexcept
      : connection_(&c), size_(size) {}
  ~body_sender() = default;

  awaitable<void> write(std::string_view piece) override {
    if (piece.empty()) co_return;
    auto& sent = connection_->body_sent_;
    if (size_ && piece.size() > *size_ - sent)
      throw system_error(make_error_code(errc::bad_framing),
                         "the body is longer than its size of " + std::to_string(*size_) + " bytes");
    sent += piece.size();
    if (!connection_->chunked_) {
      co_await connection_->write_within_limit(piece, std::string_view{});
      co_return;
    }
    std::array<char, h1::chunk_head_room> room;
    const auto n = h1::write_chunk_head(room.data() + room.size(), piece.size());
    std::string framed{room.data() + room.size() - n, n};
    framed.append(piece).append(h1::chunk_tail);
    co_await connection_->write_within_limit(framed, std::string_view{});
  }
  void trailers(headers fields) override { trailers_ = std::move(fields); }

  awaitable<void> finish() {
    if (size_ && connection_->body_sent_ != *size_)
      throw system_error(make_error_code(errc::bad_framing),
                         "the body is shorter than its size of " + std::to_string(*size_) + " bytes");
    if (!connection_->chunked_) co_return;
    std::string end{h1::last_chunk};
    if (const auto ec = h1::append_fields(end, trailers_)) throw system_error(ec, "trailers");
    h1::append_end_of_head(end);
    co_await connection_->write_within_limit(end, std::string_view{});
  }

 private:
  server_connection* connection_;
  std::optional<std::uint64_t> size_;
  headers trailers_;
};

awaitable<void> server_connection::send_stream(http::body& body) {
  body_sender out{*this, body.size()};
  try {
    co_await body.write_to(out);
    if (!client_error_) co_await out.finish();
  } catch (const cancelled_error&) { throw; } catch (...) {
    // The head has gone out: a connection that ends without the last chunk tells the client.
    if (!client_error_) log_failure("a body");
    throw system_error(make_error_code(errc::truncated), "body");
  }
  if (client_error_)
    throw system_error(client_error_, "body");  // a piece is missing, and the producer did not care
}

awaitable<void> server_connection::write_within_limit(std::string_view first, std::string_view second) {
  try {
    do {
      const auto head = first.substr(0, stall_piece);
      first.remove_prefix(head.size());
      const auto tail = second.substr(0, first.empty() ? stall_piece - head.size() : 0);
      second.remove_prefix(tail.size());
      const std::array pieces{std::as_bytes(std::span{head}), std::as_bytes(std::span{tail})};
      auto writing = stream_.write(pieces);
      co_await wait_for(std::move(writing), shared_.options.limits.write_timeout);
    } while (!first.empty() || !second.empty());
  } catch (const system_error& e) {
    client_error_ = e.code();
    throw;
  }
}

}  // namespace bight::http::detail
