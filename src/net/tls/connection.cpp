#include "net/tls/connection.hpp"

#include <algorithm>
#include <array>
#include <bight/core/spawn_options.hpp>
#include <bight/core/task.hpp>
#include <bight/core/timeout.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>

#include <bight/net/detail/file_copy.hpp>

namespace bight::net::tls {
namespace {

using boost::system::system_error;

constexpr std::chrono::seconds close_timeout{1};  // for alerts and close_notify

// Ciphertext is a sequence: what one task began to send, it sends to the end before another one does.
awaitable<void> flush(connection_ptr c) {
  auto permit = co_await c->sending.acquire();
  if (c->broken) throw system_error(make_error_code(errc::stream_broken), "write");
  while (!c->session.output().empty()) {
    c->require_still_open("write");
    std::swap(c->sending_bytes, c->session.output());
    try {
      co_await c->transport.write(c->sending_bytes);
    } catch (...) {
      c->broken = true;
      throw;
    }
    session::release(c->sending_bytes);
  }
  session::release(c->session.output());
}

// What `fill` does, without waiting. False if nothing has come.
bool try_fill(connection& c) {
  const auto n = c.transport.try_read(c.session.input_room());
  if (!n) return false;
  if (*n == 0) c.session.received_end();
  c.session.received(*n);
  return true;
}

awaitable<void> fill(connection_ptr c) {
  struct mark {
    explicit mark(bool& f) noexcept : flag(f) { flag = true; }
    ~mark() { flag = false; }
    bool& flag;
  };
  c->require_still_open("read");
  if (c->session.expects_much()) {
    if (try_fill(*c)) co_return;
    c->session.expect_little();
  }
  const mark reading(c->reading);
  const auto n = co_await c->transport.read_some(c->session.input_room());
  c->require_still_open("read");
  if (n == 0) c->session.received_end();
  c->session.received(n);
}

// How much is looked through at once for a record that counts: a peer that sends more of the others is up to
// something.
constexpr int most_pieces = 16;

std::optional<std::size_t> try_read_from(connection& c, std::span<std::byte> buffer) {
  c.require_open("read");
  if (c.reading) throw std::logic_error("bight: stream::try_read while a task reads");
  for (int i = 0; i != most_pieces; ++i) {
    std::size_t size = 0;
    const auto next = c.session.read(buffer, size);
    if (next != want::input) return size;
    if (!try_fill(c)) break;
  }
  return std::nullopt;
}

// What OpenSSL owes the peer for what was looked at goes out with the next write.
bool is_readable(connection& c) {
  for (int i = 0; i != most_pieces; ++i) {
    if (c.closed || c.session.readable()) return true;
    if (!c.transport.readable()) return false;
    // What has come is for the task that reads; and a transport may not know `try_read`.
    if (c.reading || !try_fill(c)) return true;
  }
  return true;
}

// With TLS 1.3 a client that is refused has believed in the connection and sent its first request. A socket
// that is closed with input unread would be reset, and the alert lost.
awaitable<void> hear_out(connection_ptr c) {
  constexpr int most = 16;
  std::vector<std::byte> ignored(16 * 1024);
  co_await c->transport.shutdown_write();
  for (int i = 0; i != most; ++i) {
    const auto n = co_await c->transport.read_some(ignored);
    if (n == 0) co_return;
  }
}

}  // namespace

awaitable<void> handshake(connection_ptr c) {
  while (true) {
    want next{};
    std::exception_ptr failure;
    try {
      next = c->session.handshake();
    } catch (const system_error&) { failure = std::current_exception(); }
    if (failure) {
      try {
        co_await wait_for(flush(c), close_timeout);  // an alert tells the peer why
        if (c->session.verifies_clients()) co_await wait_for(hear_out(c), close_timeout);
      } catch (const system_error&) {  // if it still listens
      }
      std::rethrow_exception(failure);
    }
    co_await flush(c);
    if (next == want::nothing) co_return;
    co_await fill(c);
  }
}

namespace {

awaitable<std::size_t> read_from(connection_ptr c, std::span<std::byte> buffer) {
  c->require_open("read");
  while (true) {
    // An answer that OpenSSL owes the peer goes out before data is taken, which a cancellation here would
    // lose. If somebody is sending, he takes it along.
    if (!c->session.output().empty() && !c->broken && !c->sending.locked()) {
      try {
        co_await flush(c);
      } catch (const system_error&) {  // the next write says so
        c->require_still_open("read");
      }
    }
    std::size_t size = 0;
    const auto next = c->session.read(buffer, size);
    if (next == want::nothing) co_return size;
    if (next == want::closed) co_return 0;
    if (!c->session.output().empty() && !c->broken && !c->sending.locked()) continue;
    co_await fill(c);
  }
}

// Copies as much as fits. Small pieces share a record, each of which costs 22 bytes and a round of the
// cipher.
std::span<const std::byte> joined(const_buffers data, std::span<std::byte> room) noexcept {
  std::size_t filled = 0;
  while (!data.empty() && filled != room.size()) {
    const auto n = std::min(data.front().size(), room.size() - filled);
    std::copy_n(data.front().begin(), n, room.begin() + static_cast<std::ptrdiff_t>(filled));
    filled += n;
    data.consume(n);
  }
  return room.first(filled);
}

// Encrypts record after record until there is enough to send.
void encrypt(connection& c, const_buffers& data) {
  constexpr std::size_t enough = 64 * 1024;
  constexpr std::size_t record = 16 * 1024;
  std::array<std::byte, record> room;
  while (!data.empty() && c.session.output().size() < enough) {
    const bool alone = data.rest().empty() || data.front().size() >= record;
    const auto part = alone ? data.front() : joined(data, room);
    std::size_t size = 0;
    if (c.session.write(part, size) != want::nothing)
      throw system_error(make_error_code(errc::tls_protocol), "the peer asks for a renegotiation");
    data.consume(size);
  }
}

}  // namespace

awaitable<void> write_to(connection_ptr c, const_buffers data) {
  c->require_writable();
  try {
    while (!data.empty()) {
      encrypt(*c, data);
      co_await flush(c);
    }
  } catch (...) {
    c->broken = true;  // what is encrypted cannot be taken back
    throw;
  }
}

namespace {

// What is encrypted cannot be taken back: a rest that the transport has no room for is sent by a task.
awaitable<void> send_rest(connection_ptr c) {
  try {
    co_await flush(c);
  } catch (const system_error&) {}  // the next write says so
}

std::size_t try_write_to(const connection_ptr& c, const_buffers data) {
  c->require_writable();
  auto& output = c->session.output();
  if (c->sending.locked() || !output.empty()) return 0;
  const auto size = data.size();
  try {
    encrypt(*c, data);
    const auto sent = c->transport.try_write(output);
    output.erase(output.begin(), output.begin() + static_cast<std::ptrdiff_t>(sent));
    if (output.empty())
      session::release(output);
    else
      spawn(named("net::tls: write", send_rest), c).detach();
  } catch (...) {
    c->broken = true;
    throw;
  }
  return size - data.size();
}

awaitable<void> finish_writing(connection_ptr c) {
  c->require_open("shutdown");
  if (c->broken) throw system_error(make_error_code(errc::stream_broken), "shutdown");
  if (!std::exchange(c->finished, true)) c->session.say_goodbye();
  co_await flush(c);
}

// A socket that is closed with input unread throws away what it has not sent yet. The user cannot have read
// the session tickets of TLS 1.3 if he never reads.
awaitable<void> drain(connection_ptr c) {
  std::vector<std::byte> ignored(16 * 1024);
  for (int i = 0; i != 4 && !c->closed && !c->reading && c->transport.readable(); ++i) {
    const auto n = co_await c->transport.read_some(ignored);
    if (n == 0) co_return;
  }
}

awaitable<void> close_politely(connection_ptr c) {
  if (c->closed) co_return;
  try {
    if (!c->broken) {
      if (!std::exchange(c->finished, true)) c->session.say_goodbye();
      co_await wait_for(flush(c), close_timeout);
      co_await wait_for(drain(c), close_timeout);
    }
    c->require_still_open("close");
    co_await c->transport.close();
  } catch (const system_error&) {  // the peer has gone: as good as a goodbye
  } catch (...) {
    c->abort();
    throw;
  }
  c->abort();
}

class tls_stream final : public stream_backend {
 public:
  explicit tls_stream(connection_ptr c) noexcept : connection_(std::move(c)) {}
  tls_stream(const tls_stream&) = delete;
  tls_stream& operator=(const tls_stream&) = delete;
  ~tls_stream() override { connection_->drop(); }

  awaitable<std::size_t> read_some(std::span<std::byte> buffer) override {
    return read_from(connection_, buffer);
  }
  std::optional<std::size_t> try_read(std::span<std::byte> buffer) override {
    return try_read_from(*connection_, buffer);
  }
  awaitable<void> write(const_buffers data) override { return write_to(connection_, data); }
  std::size_t try_write(const_buffers data) override { return try_write_to(connection_, data); }
  awaitable<std::uint64_t> send_file(int file, std::uint64_t offset, std::uint64_t count) override {
    return detail::send_copies(connection_, file, offset, count);
  }
  awaitable<void> shutdown_write() override { return finish_writing(connection_); }
  awaitable<void> close() override { return close_politely(connection_); }
  void abort() noexcept override { connection_->abort(); }
  bool readable() noexcept override {
    try {
      return is_readable(*connection_);
    } catch (const std::exception&) { return true; }
  }
  endpoint local_endpoint() const override { return connection_->transport.local_endpoint(); }
  endpoint remote_endpoint() const override { return connection_->transport.remote_endpoint(); }
  std::string_view protocol() const noexcept override { return connection_->session.protocol(); }
  connection_info connection() const override {
    auto info = connection_->transport.connection();
    connection_->session.describe(info);
    return info;
  }

 private:
  connection_ptr connection_;
};

}  // namespace

stream make_stream(connection_ptr c) { return stream{std::make_unique<tls_stream>(std::move(c))}; }

}  // namespace bight::net::tls
