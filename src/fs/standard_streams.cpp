#include <bight/fs/standard_streams.hpp>

#include <unistd.h>

#include <bight/core/lock.hpp>
#include <bight/core/log.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/task.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "fs/detail/busy.hpp"
#include "fs/detail/descriptor_io.hpp"
#include "fs/detail/file_state.hpp"

namespace bight::fs {

using detail::readiness;

// ---- input -------------------------------------------------------------------------------------

class input_stream::impl {
 public:
  impl(int descriptor, std::string name) : io_(descriptor, std::move(name), readiness::what::reading) {}

  awaitable<std::size_t> read_some(std::span<std::byte> buffer) {
    busy_.require_idle("input_stream::read_some");
    const detail::busy_while at_work{busy_};
    co_return co_await io_.read(buffer);
  }

 private:
  detail::descriptor_io io_;
  detail::busy_flag busy_;
};

input_stream::input_stream(int descriptor, std::string name)
    : impl_(std::make_unique<impl>(descriptor, std::move(name))) {}
input_stream::~input_stream() = default;
awaitable<std::size_t> input_stream::read_some(std::span<std::byte> buffer) {
  return impl_->read_some(buffer);
}

// ---- output ------------------------------------------------------------------------------------

// Two buffers: `given_` takes what is written, `leaving_` is on its way to the system. Whoever holds the lock
// moves data; a task of its own, the flusher, does it where nobody waits for it.
class output_stream::impl : public std::enable_shared_from_this<impl> {
 public:
  impl(int descriptor, std::string name, const output_options& options)
      : io_(descriptor, std::move(name), readiness::what::writing), options_(options) {
    if (options.buffer == 0) throw std::invalid_argument("bight: fs::output_stream: the buffer size is 0");
    if (options.flush == flushing::automatic)
      options_.flush = io_.is_terminal() ? flushing::lines
                       : io_.is_file()   ? flushing::when_full
                                         : flushing::soon;
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() {
    if (buffered() == 0 || reported_) return;
    try {
      log(log_level::warning, "bight: fs::output_stream: " + std::to_string(buffered()) + " bytes of '" +
                                  io_.name().string() + "' were never flushed");
    } catch (...) { log(log_level::warning, "bight: fs::output_stream: unflushed data was discarded"); }
  }

  std::uint64_t position() const noexcept { return position_; }
  std::size_t buffered() const noexcept { return given_.size() + leaving_.size() - left_; }

  // True if it fits.
  bool keep(std::span<const std::byte> data) {
    throw_failure();
    if (data.size() > options_.buffer - given_.size()) return false;
    given_.append(reinterpret_cast<const char*>(data.data()), data.size());
    position_ += data.size();
    if (options_.flush != flushing::when_full && !data.empty()) flush_if_due(data);
    return true;
  }

  awaitable<void> write_through(std::span<const std::byte> data) {
    try {
      co_await write_all(data);
    } catch (const boost::system::system_error&) {
      reported_ = true;
      throw;
    }
  }

  awaitable<void> flush() {
    failure_ = nullptr;
    try {
      co_await drain();
      reported_ = false;
    } catch (const boost::system::system_error&) {
      reported_ = true;
      throw;
    }
  }

  // Its owner is gone.
  void leave() noexcept {
    const auto held = lock_.try_acquire();
    if (held && !failure_) {
      left_ += io_.write_finally(on_the_way());
      if (left_ == leaving_.size()) given_.erase(0, io_.write_finally(std::as_bytes(std::span{given_})));
    }
    // Files take what they are given; whoever else is slow would keep it for ever.
    if (is_flushing() && !(io_.is_file() && !held)) flusher_.cancel();
    flusher_ = {};
  }

 private:
  std::span<const std::byte> on_the_way() const noexcept {
    return std::as_bytes(std::span{leaving_}).subspan(left_);
  }

  awaitable<void> write_all(std::span<const std::byte> data) {
    while (true) {
      if (keep(data)) co_return;
      if (data.size() > options_.buffer) break;
      co_await drain();
    }
    const auto held = co_await lock_.acquire();
    co_await drain_locked();
    while (!data.empty()) {
      const auto n = co_await io_.write(data);
      position_ += n;
      data = data.subspan(n);
    }
  }

  bool is_flushing() const noexcept { return flusher_.valid() && !flusher_.done(); }

  void throw_failure() {
    if (!failure_) return;
    reported_ = true;
    std::rethrow_exception(std::exchange(failure_, nullptr));
  }

  void flush_if_due(std::span<const std::byte> data) {
    if (options_.flush == flushing::lines && !std::memchr(data.data(), '\n', data.size())) return;
    if (is_flushing()) return;
    clock::duration wait{};
    if (options_.flush == flushing::soon) {
      const auto now = clock::now();
      wait = next_flush_ - now;
      if (wait <= wait.zero()) next_flush_ = now + options_.flush_interval;
    }
    if (wait <= wait.zero() && flush_in_place()) return;
    flusher_ = spawn(flush_later, shared_from_this(), wait);
  }

  // True if nothing is left.
  bool flush_in_place() {
    const auto held = lock_.try_acquire();
    if (!held || left_ != leaving_.size()) return false;
    try {
      const auto n = io_.write_now(std::as_bytes(std::span{given_}));
      given_.erase(0, n.value_or(0));
    } catch (const boost::system::system_error&) {
      failure_ = std::current_exception();
      return true;  // nothing more to try
    }
    return given_.empty();
  }

  static awaitable<void> flush_later(std::shared_ptr<impl> self, clock::duration wait) {
    try {
      do {
        if (wait > wait.zero()) co_await sleep(wait);
        self->next_flush_ = clock::now() + self->options_.flush_interval;
        co_await self->drain();
        wait = self->options_.flush == flushing::soon ? self->options_.flush_interval : clock::duration{};
      } while (self->buffered() != 0);
    } catch (const boost::system::system_error&) { self->failure_ = std::current_exception(); }
    self->flusher_ = {};  // which holds *self
  }

  awaitable<void> drain() {
    const auto held = co_await lock_.acquire();
    co_await drain_locked();
  }

  // All that was given until now. What the system took is out of the buffer at once.
  awaitable<void> drain_locked() {
    for (int round = 0; round != 2; ++round) {
      while (left_ != leaving_.size()) left_ += co_await io_.write(on_the_way());
      leaving_.clear();
      left_ = 0;
      if (round == 0) leaving_.swap(given_);
    }
  }

  detail::descriptor_io io_;
  output_options options_;
  lock lock_;
  std::string given_;
  std::string leaving_;
  std::size_t left_ = 0;  // bytes of leaving_ that are gone
  std::uint64_t position_ = 0;
  std::exception_ptr failure_;  // which nobody has seen yet
  bool reported_ = false;
  clock::time_point next_flush_{};
  task<void> flusher_;
};

output_stream::output_stream(int descriptor, std::string name, output_options options)
    : impl_(std::make_shared<impl>(descriptor, std::move(name), options)) {}
output_stream::output_stream(output_stream&&) noexcept = default;
output_stream::~output_stream() {
  if (impl_) impl_->leave();
}
bool output_stream::keep(std::span<const std::byte> data) { return impl_->keep(data); }
awaitable<void> output_stream::write_through(std::span<const std::byte> data) {
  return impl_->write_through(data);
}
awaitable<void> output_stream::flush() { return impl_->flush(); }
std::uint64_t output_stream::position() const noexcept { return impl_->position(); }
std::size_t output_stream::buffered() const noexcept { return impl_->buffered(); }

// ---- the standard streams ----------------------------------------------------------------------

input_stream standard_input() { return input_stream{STDIN_FILENO, "standard input"}; }
output_stream standard_output(output_options options) {
  return output_stream{STDOUT_FILENO, "standard output", options};
}
output_stream standard_error(output_options options) {
  if (options.flush == flushing::automatic) options.flush = flushing::lines;
  return output_stream{STDERR_FILENO, "standard error", options};
}

}  // namespace bight::fs
