#include <bight/net/memory_stream.hpp>

#include <algorithm>
#include <bight/core/event.hpp>
#include <bight/net/error.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <vector>

#include <bight/net/detail/file_copy.hpp>

namespace bight::net {
namespace {

using boost::system::system_error;

// One direction: a ring of bytes, and the two events that its ends wait for.
class channel {
 public:
  explicit channel(std::size_t capacity) : bytes_(std::max<std::size_t>(capacity, 1)) { room_.set(); }

  std::size_t take(std::span<std::byte> out) {
    const auto n = std::min(out.size(), used_);
    const auto first = std::min(n, bytes_.size() - begin_);
    if (first != 0) std::memcpy(out.data(), bytes_.data() + begin_, first);
    if (n != first) std::memcpy(out.data() + first, bytes_.data(), n - first);
    begin_ = (begin_ + n) % bytes_.size();
    used_ -= n;
    update();
    return n;
  }
  std::size_t put(std::span<const std::byte> in) {
    const auto n = std::min(in.size(), bytes_.size() - used_);
    const auto end = (begin_ + used_) % bytes_.size();
    const auto first = std::min(n, bytes_.size() - end);
    if (first != 0) std::memcpy(bytes_.data() + end, in.data(), first);
    if (n != first) std::memcpy(bytes_.data(), in.data() + first, n - first);
    used_ += n;
    update();
    return n;
  }
  void finish() {
    finished_ = true;
    update();
  }
  void reset() {
    reset_ = true;
    update();
  }

  bool empty() const noexcept { return used_ == 0; }
  bool finished() const noexcept { return finished_; }
  bool was_reset() const noexcept { return reset_; }
  event& readable() noexcept { return something_; }
  event& writable() noexcept { return room_; }

 private:
  void update() {
    if (used_ != 0 || finished_ || reset_)
      something_.set();
    else
      something_.clear();
    if (used_ != bytes_.size() || finished_ || reset_)
      room_.set();
    else
      room_.clear();
  }

  std::vector<std::byte> bytes_;
  std::size_t begin_ = 0;
  std::size_t used_ = 0;
  bool finished_ = false;
  bool reset_ = false;
  event something_;
  event room_;
};

// One end: what it reads from, what it writes to.
struct pipe_end {
  pipe_end(std::shared_ptr<channel> from, std::shared_ptr<channel> to)
      : in(std::move(from)), out(std::move(to)) {}
  pipe_end(const pipe_end&) = delete;
  pipe_end& operator=(const pipe_end&) = delete;

  void require_open(const char* what) const {
    if (closed) throw system_error(make_error_code(errc::stream_closed), what);
  }
  // It was closed by another task while this one waited.
  void require_still_open(const char* what) const {
    if (closed) throw system_error(boost::asio::error::operation_aborted, what);
  }
  void require_writable() const {
    if (out->finished()) throw system_error(make_error_code(errc::stream_closed), "write");
    if (broken) throw system_error(make_error_code(errc::stream_broken), "write");
    if (out->was_reset()) throw system_error(boost::asio::error::broken_pipe, "write");
  }
  // The peer reads what was sent, then the end; what it still sends has no reader.
  void close() noexcept {
    if (std::exchange(closed, true)) return;
    out->finish();
    in->reset();
  }
  void abort() noexcept {
    if (std::exchange(closed, true)) return;
    out->reset();
    in->reset();
  }

  std::shared_ptr<channel> in;
  std::shared_ptr<channel> out;
  bool closed = false;
  bool broken = false;  // a write was interrupted half-way
};
// The operations keep the end alive: another task may destroy the stream while they wait, or before they
// begin.
using end_ptr = std::shared_ptr<pipe_end>;

// Precondition: there are bytes, or it has ended.
std::size_t take_from(channel& in, std::span<std::byte> buffer) {
  if (in.empty() && in.was_reset()) throw system_error(boost::asio::error::connection_reset, "read");
  return in.take(buffer);
}

awaitable<std::size_t> read_from(end_ptr end, std::span<std::byte> buffer) {
  auto& in = *end->in;
  end->require_open("read");
  while (in.empty() && !in.was_reset() && !in.finished()) {
    co_await in.readable().wait();
    end->require_still_open("read");
  }
  co_return take_from(in, buffer);
}

// Puts what there is room for, and leaves the rest. Returns the number of bytes.
std::size_t put_some(channel& out, const_buffers& data) {
  std::size_t all = 0;
  while (!data.empty()) {
    const auto n = out.put(data.front());
    if (n == 0) break;
    data.consume(n);
    all += n;
  }
  return all;
}

awaitable<void> write_to(end_ptr end, const_buffers data) {
  auto& out = *end->out;
  bool progress = false;
  end->require_open("write");
  while (true) {
    end->require_writable();
    const auto n = put_some(out, data);
    progress = progress || n != 0;
    if (data.empty()) co_return;
    try {
      co_await out.writable().wait();
    } catch (...) {
      end->broken = end->broken || progress;
      throw;
    }
    end->require_still_open("write");
  }
}

awaitable<void> finish_writing(end_ptr end) {
  end->require_open("shutdown");
  end->out->finish();
  co_return;
}

awaitable<void> close_now(end_ptr end) {
  end->close();
  co_return;
}

class memory_backend final : public stream_backend {
 public:
  memory_backend(std::shared_ptr<channel> in, std::shared_ptr<channel> out, const endpoint& local,
                 const endpoint& remote)
      : end_(std::make_shared<pipe_end>(std::move(in), std::move(out))), local_(local), remote_(remote) {}
  memory_backend(const memory_backend&) = delete;
  memory_backend& operator=(const memory_backend&) = delete;
  ~memory_backend() override { end_->close(); }

  awaitable<std::size_t> read_some(std::span<std::byte> buffer) override { return read_from(end_, buffer); }
  std::optional<std::size_t> try_read(std::span<std::byte> buffer) override {
    end_->require_open("read");
    if (!memory_backend::readable()) return std::nullopt;
    return take_from(*end_->in, buffer);
  }
  awaitable<void> write(const_buffers data) override { return write_to(end_, data); }
  std::size_t try_write(const_buffers data) override {
    end_->require_open("write");
    end_->require_writable();
    return put_some(*end_->out, data);
  }
  awaitable<std::uint64_t> send_file(int file, std::uint64_t offset, std::uint64_t count) override {
    return detail::send_copies(end_, file, offset, count);
  }
  awaitable<void> shutdown_write() override { return finish_writing(end_); }
  awaitable<void> close() override { return close_now(end_); }
  void abort() noexcept override { end_->abort(); }
  bool readable() noexcept override {
    return end_->closed || !end_->in->empty() || end_->in->finished() || end_->in->was_reset();
  }
  endpoint local_endpoint() const override { return end_->closed ? endpoint{} : local_; }
  endpoint remote_endpoint() const override { return end_->closed ? endpoint{} : remote_; }

 private:
  end_ptr end_;
  endpoint local_;
  endpoint remote_;
};

}  // namespace

std::pair<stream, stream> memory_pipe(const memory_pipe_options& options) {
  auto there = std::make_shared<channel>(options.capacity);
  auto back = std::make_shared<channel>(options.capacity);
  return {stream{std::make_unique<memory_backend>(back, there, options.first, options.second)},
          stream{std::make_unique<memory_backend>(there, back, options.second, options.first)}};
}

}  // namespace bight::net
