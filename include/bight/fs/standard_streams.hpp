// standard_input, standard_output, standard_error: the standard streams of the process.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/byte_source.hpp>
#include <bight/core/clock.hpp>
#include <bight/fs/detail/quick_awaiter.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace bight::fs {

/// Reads an open descriptor: a pipe, socket, terminal, file or device (loop.connect_read_pipe).
///
///     auto in = bight::fs::standard_input();
///     bight::line_reader lines{in};
///     auto line = co_await lines.next();
///
/// Never blocks the loop, and never sets O_NONBLOCK, which other processes would share. The loop waits for
/// pipes, sockets and terminals; files are read at the offset of the descriptor, uncached data on a thread.
/// Does not read ahead: other readers of the descriptor find the next byte. At the end `read_some` returns 0;
/// a terminal may continue after that.
///
/// A background process that reads its terminal is stopped by SIGTTIN, or gets EIO if it ignores that. While
/// a task waits here, virtual time runs at real speed. Concurrency: the loop that created it; one read at a
/// time. Lifetime: holds a duplicate of the descriptor, so the original may be closed.
class input_stream final : public byte_source {
 public:
  /// `name`: for error messages. Errors: system_error that names the stream, EBADF if the descriptor is not
  /// open or not readable; errc::wrong_loop without a running loop.
  explicit input_stream(int descriptor, std::string name);
  input_stream(const input_stream&) = delete;
  input_stream& operator=(const input_stream&) = delete;
  ~input_stream() override;

  /// Cancellation: a cancelled read has consumed nothing. Errors: system_error that names the stream.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

/// When an output_stream writes its buffer without a call of `flush`.
enum class flushing : std::uint8_t {
  automatic,  ///< `lines` for a terminal, `soon` for a pipe or socket, `when_full` for a file or device.
  lines,      ///< After each write that contains a line ending.
  soon,       ///< Immediately, but at most once per `output_options::flush_interval`.
  when_full,  ///< When the buffer is full.
};

/// Trivially copyable.
struct output_options {
  flushing flush = flushing::automatic;
  /// The size of the buffer in bytes; twice as much is used while the receiver is slow.
  std::size_t buffer = 64U << 10U;
  /// For `flushing::soon`.
  clock::duration flush_interval = std::chrono::milliseconds{100};
};

/// Writes to an open descriptor: a pipe, socket, terminal, file or device (loop.connect_write_pipe).
///
///     auto out = bight::fs::standard_output();
///     co_await out.write("hello\n");
///     co_await out.flush();
///
/// Never blocks the loop, however slow the receiver is, and never sets O_NONBLOCK. Most `write` calls copy
/// into the buffer without suspending; they wait while it is full. Files are written on a thread, at the
/// offset of the descriptor, so `>>` and concurrent writers work as expected.
///
/// Errors: system_error that names the stream: EPIPE if the reading end is closed (never SIGPIPE), ENOSPC.
/// Errors of background writes are reported by the next `write`, which then accepts nothing, or by `flush`.
/// Data that was accepted and could not be written is kept: `flush` tries again, and nothing is written
/// twice. A failed `write` has accepted nothing, or, if the data is larger than the buffer, a part: see
/// `position`, from which the caller can continue. Concurrency: the loop that created it; any number of
/// tasks, whose writes are not interleaved. Lifetime: holds a duplicate of the descriptor. The destructor
/// writes what it can without waiting, discards the rest and logs that: call `flush` at the end.
class output_stream {
 public:
  /// Errors: as for input_stream; std::invalid_argument if the buffer size is 0.
  explicit output_stream(int descriptor, std::string name, output_options options = {});
  output_stream(output_stream&&) noexcept;
  output_stream& operator=(output_stream&&) = delete;
  ~output_stream();

  /// Accepts all of `data`, which must stay valid until completion. Cancellation and errors: if the data fits
  /// into the buffer, nothing was accepted; otherwise a part may have been: see `position`.
  auto write(std::span<const std::byte> data) noexcept {
    return detail::quick_operation<step>{step{this, data}};
  }
  auto write(std::string_view data) noexcept { return write(std::as_bytes(std::span{data})); }

  /// Waits until all accepted data has been passed to the system. Cancellation: a part may have been, the
  /// rest is kept.
  [[nodiscard]] awaitable<void> flush();

  /// The number of bytes accepted since it was created, from all tasks.
  std::uint64_t position() const noexcept;
  /// The number of accepted bytes that have not been passed to the system.
  std::size_t buffered() const noexcept;

 private:
  class impl;
  struct step {
    using result_type = void;
    output_stream* to;
    std::span<const std::byte> data;
    bool now(std::monostate&) { return to->keep(data); }
    awaitable<void> later() { return to->write_through(data); }
  };
  bool keep(std::span<const std::byte> data);
  awaitable<void> write_through(std::span<const std::byte> data);

  std::shared_ptr<impl> impl_;
};

/// A stream for descriptor 0.
[[nodiscard]] input_stream standard_input();
/// A stream for descriptor 1. Each call creates a stream with its own buffer.
[[nodiscard]] output_stream standard_output(output_options options = {});
/// A stream for descriptor 2. Here `flushing::automatic` always means `lines`.
[[nodiscard]] output_stream standard_error(output_options options = {});

}  // namespace bight::fs
