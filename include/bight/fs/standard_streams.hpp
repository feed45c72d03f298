// standard_input, standard_output, standard_error: the streams that a program is started with.
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

/// Reads what is open already: a pipe, socket, terminal, file or device (loop.connect_read_pipe).
///
///     auto in = bight::fs::standard_input();
///     bight::line_reader lines{in};
///     auto line = co_await lines.next();
///
/// Never blocks the loop, and never sets O_NONBLOCK, which a shell and other programs would share. Pipes,
/// sockets and terminals are waited for by the loop; files are read where the descriptor stands, and what is
/// not in memory by a thread. Nothing is read ahead: who reads the descriptor next finds the next byte.
/// At the end `read_some` returns 0; a terminal may go on after that.
///
/// A program in the background that reads its terminal is stopped by SIGTTIN, as every program is; one that
/// ignores that gets EIO. While a task waits here virtual time runs at real speed.
/// Concurrency: the loop that made it; one read at a time. Lifetime: it holds a copy of the descriptor, so
/// the original may be closed.
class input_stream final : public byte_source {
 public:
  /// `name`: for errors. Errors: system_error that names it, EBADF if nothing that has bytes is open there;
  /// errc::wrong_loop without a running loop.
  explicit input_stream(int descriptor, std::string name);
  input_stream(const input_stream&) = delete;
  input_stream& operator=(const input_stream&) = delete;
  ~input_stream() override;

  /// Cancellation: a cancelled read has taken nothing. Errors: system_error that names the stream.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

/// When an output_stream hands over what it was given, without being asked by `flush`.
enum class flushing : std::uint8_t {
  automatic,  ///< `lines` to a terminal, `soon` to a pipe or socket, `when_full` to a file or device.
  lines,      ///< As soon as a write has a line end.
  soon,       ///< At once, but not more often than every `output_options::interval`.
  when_full,  ///< When the next write finds no room.
};

/// Trivially copyable.
struct output_options {
  flushing flush = flushing::automatic;
  /// How many bytes are collected; as many again while the receiver is slow.
  std::size_t buffer = 64U << 10U;
  /// Of `flushing::soon`.
  clock::duration interval = std::chrono::milliseconds{100};
};

/// Writes to what is open already: a pipe, socket, terminal, file or device (loop.connect_write_pipe).
///
///     auto out = bight::fs::standard_output();
///     co_await out.write("hello\n");
///     co_await out.flush();
///
/// Never blocks the loop, whoever is slow at the other side, and never sets O_NONBLOCK. Most calls of `write`
/// copy into the buffer: they do not suspend. It waits while the buffer is full. A file is written by a
/// thread, where the descriptor stands: `>>` and what other programs wrote meanwhile are respected.
///
/// Errors: system_error that names the stream: EPIPE if nobody reads any more (never SIGPIPE), ENOSPC. What
/// happens on the way is reported by the next `write`, which then takes nothing, or by `flush`. What was
/// taken and could not be written is kept: `flush` tries again, and nothing is written twice. Of a `write`
/// that failed nothing was taken, or of one that is larger than the buffer a part: `position` tells. Who goes
/// on from there loses nothing. Concurrency: the loop that made it; any number of tasks, whose writes never
/// mix. Lifetime: it holds a copy of the descriptor. The destructor hands over what can be without waiting
/// for anybody, drops the rest and says so in the log: call `flush` at the end.
class output_stream {
 public:
  /// Errors: as of input_stream; std::invalid_argument for a buffer of no bytes.
  explicit output_stream(int descriptor, std::string name, output_options options = {});
  output_stream(output_stream&&) noexcept;
  output_stream& operator=(output_stream&&) = delete;
  ~output_stream();

  /// Takes all of `data`, which stays where it is until then. Cancellation and errors: of data that fits the
  /// buffer nothing was taken; of more, a part may have been written: `position` tells.
  auto write(std::span<const std::byte> data) noexcept {
    return detail::quick_operation<step>{step{this, data}};
  }
  auto write(std::string_view data) noexcept { return write(std::as_bytes(std::span{data})); }

  /// Waits until all that was taken before is with the system. Cancellation: a part may be, the rest is kept.
  [[nodiscard]] awaitable<void> flush();

  /// How many bytes were taken since it was made, from all tasks.
  std::uint64_t position() const noexcept;
  /// Bytes that were taken and not handed over yet.
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

/// Descriptor 0, as "standard input".
[[nodiscard]] input_stream standard_input();
/// Descriptor 1, as "standard output". Each call makes a stream with a buffer of its own.
[[nodiscard]] output_stream standard_output(output_options options = {});
/// Descriptor 2, as "standard error". `flushing::automatic` means `lines` here, whatever it is.
[[nodiscard]] output_stream standard_error(output_options options = {});

}  // namespace bight::fs
