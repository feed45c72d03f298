// The responses of a connection: how they are rendered and sent.
#include <algorithm>
#include <array>
#include <bight/core/error.hpp>
#include <bight/core/loop.hpp>
#include <bight/core/timeout.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "http/body_access.hpp"
#include "http/h1/serializer.hpp"
#include "http/server/connection.hpp"
#include "http/server/plain_text.hpp"

namespace bight::http::detail {

using boost::system::system_error;

namespace {

// A client that takes so much within the limit has not stalled.
constexpr std::size_t stall_piece = 64 * 1024;

}  // namespace

server_response internal_error() {
  return plain_text(status::internal_server_error, "internal server error");
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
  return r.status().forbids_body() || parser_->method() == method::head;
}

// Renders the head, into the buffer of the server. Returns whether the body is chunked.
bool server_connection::render_head(server_response& r, bool no_body) {
  const auto length = r.body().size();
  set_framing(r, length, no_body);
  const bool chunked = !length && !no_body && parser_->version() == h1::version::http_1_1;
  if (!length && !chunked && !no_body)
    close_after_ = true;  // HTTP/1.0: the end of the connection ends the body
  const auto& fields = r.headers();
  h1::added_fields added;
  added.chunked = chunked;
  if (!chunked && !r.status().forbids_body() && !fields.contains(header_id::content_length))
    added.length = length;
  if (!fields.contains(header_id::date))
    added.date = shared_.dates.at(std::chrono::floor<std::chrono::seconds>(wall_clock::now()));
  if (!fields.contains(header_id::server)) added.server = shared_.options.name;
  if (r.is_upgrade())
    close_after_ = true;
  else if (close_after_)
    added.connection = h1::connection_field::close;
  else if (parser_->version() == h1::version::http_1_0)
    added.connection = h1::connection_field::keep_alive;
  shared_.output.clear();
  if (const auto ec = h1::append_response_head(shared_.output, r.status(), fields, added))
    throw system_error(ec, "response headers");
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
  shared_.output += *text;
  return {};
}

// The kernel's buffer usually has room: then a response is one system call. Responses to pipelined requests
// share one: the last of them sends all, and if a handler has to wait before that, the end of this turn of
// the loop does.
bool server_connection::send_at_once(std::string_view whole) {
  unsent_from_ = 0;
  auto& out = shared_.output;
  const bool fits = out.size() + whole.size() <= stall_piece && !has_content_;
  const bool more = begin_ != end_ && !close_after_;
  if (fits && (more || !corked_.empty())) {
    corked_.append(out).append(whole);
    if (more && corked_.size() < stall_piece) {
      flush_later();
      return true;
    }
    flush_now();
    if (corked_.empty()) return true;
    unsent_from_ = out.size() + whole.size();  // all of it: `send` waits for the rest of corked_
  } else if (fits) {
    const std::array pieces{std::as_bytes(std::span{out}), std::as_bytes(std::span{whole})};
    unsent_from_ = stream_.try_write(pieces);
    if (unsent_from_ == out.size() + whole.size()) return true;
  }
  head_.swap(out);  // other connections need the buffer
  return false;
}

awaitable<void> server_connection::send(server_response& r, std::string_view whole) {
  std::string_view head = head_;
  const auto of_head = std::min(unsent_from_, head.size());
  head.remove_prefix(of_head);
  whole.remove_prefix(unsent_from_ - of_head);
  co_await write_within_limit(head, whole);
  if (shared_.output.capacity() < head_.capacity()) shared_.output.swap(head_);
  head_ = std::string{};
  if (!has_content_) co_return;
  if (const auto* const file = body_access::file(r.body()))
    co_await send_file(*file);
  else
    co_await send_stream(r.body());
}

void server_connection::flush_later() {
  if (std::exchange(flush_is_due_, true)) return;
  flush_soon_ = bight::loop::current().call_soon([this] {
    flush_is_due_ = false;
    flush_now();
  });
}

// As much as there is room for. If that fails, the client has gone, which the next write finds out.
void server_connection::flush_now() noexcept {
  if (corked_.empty() || !stream_.valid()) return;
  try {
    corked_.erase(0, stream_.try_write(corked_));
  } catch (const std::exception&) { corked_.clear(); }
  if (corked_.empty()) corked_ = std::string{};
}

awaitable<void> server_connection::flush_corked() {
  const auto text = std::exchange(corked_, std::string{});
  co_await write_within_limit(text, std::string_view{});
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
    // A recipient that merges trailers into the headers would be told how long the body was (RFC 9110 6.5.1).
    if (trailers_.contains(header_id::content_length) || trailers_.contains(header_id::transfer_encoding))
      throw system_error(make_error_code(errc::invalid_header), "trailers");
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
  if (!corked_.empty()) co_await flush_corked();
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
