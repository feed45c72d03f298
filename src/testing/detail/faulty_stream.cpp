#include "testing/detail/faulty_stream.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <bight/core/sleep.hpp>
#include <bight/core/timeout.hpp>
#include <bight/net/error.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>

#include "testing/detail/step_counter.hpp"

namespace bight::testing::detail {

using boost::system::error_code;
using boost::system::system_category;
using boost::system::system_error;
using gate = fault_track::gate;
using net::const_buffers;

void faulty_state::require_open(const char* what) const {
  if (closed_) throw system_error(make_error_code(net::errc::stream_closed), what);
  if (error_) throw system_error(*error_, what);
}

void faulty_state::require_writable() const {
  require_open("write");
  if (finished) throw system_error(make_error_code(net::errc::stream_closed), "write");
  if (broken) throw system_error(make_error_code(net::errc::stream_broken), "write");
}

void faulty_state::require_still_open(const char* what) const {
  if (error_) throw system_error(*error_, what);
  if (closed_) throw system_error(error_code{ECANCELED, system_category()}, what);
}

void faulty_state::take_step(const char* what) {
  const auto error = next_step(what);
  if (!error) return;
  fail(*error);
  throw system_error(*error, what);
}

void faulty_state::fail(const error_code& error) noexcept {
  if (!open()) return;
  error_ = error;
  inner_->abort();
  ended_.set();
}

void faulty_state::fail_and_throw(const char* what) {
  const error_code reset{ECONNRESET, system_category()};
  fail(reset);
  throw system_error(reset, what);
}

void faulty_state::close_abruptly() noexcept {
  if (closed_) return;
  closed_ = true;
  inner_->abort();
  ended_.set();
}

void faulty_state::destroy() noexcept {
  closed_ = true;
  inner_.reset();
  ended_.set();
}

awaitable<void> faulty_state::close_well() {
  if (closed_) co_return;
  closed_ = true;
  ended_.set();
  auto closing = inner_->close();
  co_await std::move(closing);
}

awaitable<void> faulty_state::pause(clock::time_point until) {
  const auto wait = [this]() -> awaitable<void> { co_await ended_.wait(); };
  co_await move_on_after(until - clock::now(), wait);
}

namespace {

// The first `n` bytes, at least one and at most those of the front piece; or all.
const_buffers part_of(const const_buffers& data, std::uint64_t n) noexcept {
  if (n >= data.size()) return data;
  const auto front = data.front();
  return const_buffers{front.first(static_cast<std::size_t>(std::min<std::uint64_t>(n, front.size())))};
}

// Of what may pass together: all up to the next byte that must be changed, or that byte alone.
std::uint64_t together(const fault_track& t) { return t.mask() ? 1 : std::min(t.room(), t.intact()); }

awaitable<std::size_t> read_from(faulty_ptr s, std::span<std::byte> buffer) {
  s->require_open("read");
  s->take_step("read");
  while (true) {
    const auto at = s->reading.arrive();
    if (at == gate::open) break;
    if (at == gate::end) co_return 0;
    if (at == gate::reset) s->fail_and_throw("read");
    const auto until = s->reading.waits_until();
    co_await s->pause(until);
    s->require_still_open("read");
  }
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), s->reading.room()));
  const auto piece = buffer.first(size);
  std::size_t n = 0;
  try {
    n = co_await s->inner().read_some(piece);
  } catch (const system_error&) {
    if (s->failed()) s->require_still_open("read");
    throw;
  }
  s->reading.pass(piece.first(n));
  co_return n;
}

std::optional<std::size_t> try_read_from(faulty_state& s, std::span<std::byte> buffer) {
  s.require_open("read");
  s.take_step("read");
  const auto at = s.reading.arrive();
  if (at == gate::end) return 0;
  if (at == gate::reset) s.fail_and_throw("read");
  if (at != gate::open) return std::nullopt;
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), s.reading.room()));
  const auto n = s.inner().try_read(buffer.first(size));
  if (n) s.reading.pass(buffer.first(*n));
  return n;
}

// Waits until the next byte may be written. False if it is to be lost.
awaitable<bool> may_write(faulty_ptr s) {
  if (s->writing.take_split()) {
    co_await yield();
    s->require_still_open("write");
  }
  while (true) {
    const auto at = s->writing.arrive();
    if (at == gate::open) co_return true;
    if (at == gate::reset) s->fail_and_throw("write");
    if (at == gate::end) {
      if (!std::exchange(s->told_the_end, true)) co_await s->inner().shutdown_write();
      co_return false;
    }
    const auto until = s->writing.waits_until();
    co_await s->pause(until);
    s->require_still_open("write");
  }
}

// What the inner stream says when it is lost meanwhile is not what happened.
awaitable<void> pass_on(faulty_ptr s, const_buffers piece) {
  std::array<std::byte, 1> changed{};
  if (const auto mask = s->writing.mask()) {
    changed[0] = piece.front().front() ^ *mask;
    piece = const_buffers{changed};
  }
  const auto size = piece.size();
  try {
    co_await s->inner().write(piece);
  } catch (const system_error&) {
    if (s->failed()) s->require_still_open("write");
    throw;
  }
  s->writing.pass(size);
}

awaitable<void> write_to(faulty_ptr s, const_buffers rest) {
  s->require_writable();
  s->take_step("write");
  bool progress = false;
  try {
    if (rest.empty()) co_await s->inner().write(rest);  // throws if it cannot be written to
    while (!rest.empty()) {
      const bool passes = co_await may_write(s);
      if (!passes) co_return;
      const auto piece = part_of(rest, together(s->writing));
      co_await pass_on(s, piece);
      rest.consume(piece.size());
      progress = true;
    }
  } catch (...) {
    s->broken = s->broken || progress;
    throw;
  }
}

std::size_t try_write_to(faulty_state& s, const_buffers rest) {
  s.require_writable();
  s.take_step("write");
  std::size_t all = 0;
  while (!rest.empty() && !s.writing.split()) {
    const auto at = s.writing.arrive();
    if (at == gate::reset && all == 0) s.fail_and_throw("write");
    if (at != gate::open || s.writing.mask()) break;  // `write` does it
    const auto piece = part_of(rest, together(s.writing));
    const auto n = s.inner().try_write(piece);
    s.writing.pass(n);
    rest.consume(n);
    all += n;
    if (n != piece.size()) break;
  }
  return all;
}

// One byte of a file that is to be changed on its way. Empty at the end of the file.
awaitable<std::uint64_t> send_byte(faulty_ptr s, int file, std::uint64_t offset) {
  std::array<std::byte, 1> one{};
  const auto n = ::pread(file, one.data(), one.size(), static_cast<off_t>(offset));
  if (n < 0) throw system_error(error_code{errno, system_category()}, "send_file");
  if (n == 0) co_return 0;
  const const_buffers piece{one};
  co_await pass_on(s, piece);
  co_return 1;
}

awaitable<std::uint64_t> send_piece(faulty_ptr s, int file, std::uint64_t offset, std::uint64_t count) {
  if (s->writing.mask()) co_return co_await send_byte(s, file, offset);
  std::uint64_t n = 0;
  try {
    n = co_await s->inner().send_file(file, offset, std::min(count, together(s->writing)));
  } catch (const system_error&) {
    if (s->failed()) s->require_still_open("send_file");
    throw;
  }
  s->writing.pass(n);
  co_return n;
}

awaitable<std::uint64_t> send_file_to(faulty_ptr s, int file, std::uint64_t offset, std::uint64_t count) {
  s->require_writable();
  s->take_step("write");
  std::uint64_t sent = 0;
  try {
    while (sent != count) {
      const bool passes = co_await may_write(s);
      if (!passes) co_return count;
      const auto n = co_await send_piece(s, file, offset + sent, count - sent);
      if (n == 0) break;  // the file ends early
      sent += n;
    }
  } catch (...) {
    s->broken = s->broken || sent != 0;
    throw;
  }
  co_return sent;
}

awaitable<void> finish_writing(faulty_ptr s) {
  s->require_open("shutdown");
  if (s->finished) co_return;
  const bool passes = co_await may_write(s);
  s->finished = true;
  if (passes && !std::exchange(s->told_the_end, true)) co_await s->inner().shutdown_write();
}

awaitable<void> close_now(faulty_ptr s) { co_await s->close_well(); }

class faulty_stream final : public net::stream_backend {
 public:
  explicit faulty_stream(faulty_ptr state) noexcept : state_(std::move(state)) {}
  faulty_stream(const faulty_stream&) = delete;
  faulty_stream& operator=(const faulty_stream&) = delete;
  ~faulty_stream() override { state_->destroy(); }

  awaitable<std::size_t> read_some(std::span<std::byte> buffer) override { return read_from(state_, buffer); }
  std::optional<std::size_t> try_read(std::span<std::byte> buffer) override {
    return try_read_from(*state_, buffer);
  }
  awaitable<void> write(const_buffers data) override { return write_to(state_, data); }
  std::size_t try_write(const_buffers data) override { return try_write_to(*state_, data); }
  awaitable<std::uint64_t> send_file(int file, std::uint64_t offset, std::uint64_t count) override {
    return send_file_to(state_, file, offset, count);
  }
  awaitable<void> shutdown_write() override { return finish_writing(state_); }
  awaitable<void> close() override { return close_now(state_); }
  void abort() noexcept override { state_->close_abruptly(); }
  bool readable() noexcept override {
    if (!state_->open()) return true;
    const auto at = state_->reading.look();
    return at == gate::open ? state_->inner().readable() : at == gate::end || at == gate::reset;
  }
  net::endpoint local_endpoint() const override { return state_->inner().local_endpoint(); }
  net::endpoint remote_endpoint() const override { return state_->inner().remote_endpoint(); }
  std::string_view protocol() const noexcept override { return state_->inner().protocol(); }
  net::connection_info connection() const override { return state_->inner().connection(); }

 private:
  faulty_ptr state_;
};

}  // namespace

net::stream make_stream(faulty_ptr state) {
  return net::stream{std::make_unique<faulty_stream>(std::move(state))};
}

}  // namespace bight::testing::detail
