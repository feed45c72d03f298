// stream: bytes both ways, whatever carries them.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/byte_source.hpp>
#include <bight/core/reader.hpp>
#include <bight/net/address.hpp>
#include <bight/net/connection_info.hpp>
#include <bight/net/const_buffers.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace bight::net {

/// Lines, exact counts and delimiters from a stream (asyncio.StreamReader): see bight::reader.
using bight::reader;

/// What carries the bytes of a stream: implement it to adapt a transport of your own.
/// Contracts: those of `stream`.
/// Lifetime: a stream may be destroyed while an operation of it waits, or before one begins. Operations keep
/// what they need alive themselves and end with operation_canceled, or with errc::stream_closed if they had
/// not begun.
class stream_backend {
 public:
  virtual ~stream_backend() = default;
  virtual awaitable<std::size_t> read_some(std::span<std::byte> buffer) = 0;
  /// Nothing, unless overridden: then `read_some` does it.
  virtual std::optional<std::size_t> try_read(std::span<std::byte> buffer);
  virtual awaitable<void> write(const_buffers data) = 0;
  /// Takes nothing, unless overridden: then `write` does it all.
  virtual std::size_t try_write(const_buffers data);
  /// Reads the file piece by piece and calls `write`, unless overridden.
  virtual awaitable<std::uint64_t> send_file(int file, std::uint64_t offset, std::uint64_t count);
  virtual awaitable<void> shutdown_write() = 0;
  virtual awaitable<void> close() = 0;
  virtual void abort() noexcept = 0;
  /// True if a read would not wait, as far as can be told without waiting.
  virtual bool readable() noexcept = 0;
  virtual endpoint local_endpoint() const { return {}; }
  virtual endpoint remote_endpoint() const { return {}; }
  /// The descriptor of a plain socket; -1 otherwise.
  virtual int native_handle() const noexcept { return -1; }
  /// The protocol that TLS agreed on (ALPN), empty if none.
  virtual std::string_view protocol() const noexcept { return {}; }
  /// Endpoints and protocol, unless overridden.
  virtual connection_info connection() const;
};

/// A connection: TCP, TLS, or memory in a test. Move-only; closed without ceremony when destroyed.
///
///     auto s = co_await net::connect("localhost", 80);
///     co_await s.write("hello\n");
///     net::reader in{s};
///     auto answer = co_await in.read_line();
///
/// It is a byte_source: `read_all`, `line_reader` and the like read from it.
/// Concurrency: one read and one write at a time, which may be in two tasks of the loop. A third task may
/// close, abort, move or destroy it meanwhile.
/// Cancellation: a cancelled `read_some` has taken nothing. A cancelled `write` or `send_file` may have sent
/// a part: the stream is then broken, and further writes throw errc::stream_broken; reading goes on.
/// Errors: system codes such as connection_reset; net::errc for TLS; operation_canceled when it is closed,
/// aborted or destroyed during the operation, errc::stream_closed when it was before.
class stream final : public byte_source {
 public:
  stream() = default;
  explicit stream(std::unique_ptr<stream_backend> backend) noexcept : backend_(std::move(backend)) {}
  stream(stream&&) noexcept = default;
  stream& operator=(stream&&) noexcept = default;
  ~stream() override = default;

  /// True if it holds a connection. All other members require it.
  bool valid() const noexcept { return backend_ != nullptr; }

  /// Reads what is there, at least one byte, into `buffer`.
  /// Returns the number of bytes, 0 at the end of the stream.
  /// Precondition: `buffer` is not empty, and stays where it is until the read ends.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override {
    return backend_->read_some(buffer);
  }
  /// Reads what is there into `buffer`; never waits. Returns the number of bytes, 0 at the end of the stream;
  /// nothing if there are none yet, or the transport cannot tell: `read_some` then. Precondition: no read is
  /// waiting. Errors: as read_some.
  [[nodiscard]] std::optional<std::size_t> try_read(std::span<std::byte> buffer) {
    return backend_->try_read(buffer);
  }
  /// Writes all of `data`. The bytes must stay where they are until it returns.
  [[nodiscard]] awaitable<void> write(std::span<const std::byte> data) {
    return backend_->write(const_buffers{data});
  }
  [[nodiscard]] awaitable<void> write(std::string_view data) { return write(std::as_bytes(std::span{data})); }
  /// Writes several pieces in turn, in one system call where the transport can (writelines). The list of them
  /// must stay where it is, too.
  ///
  ///     const std::array pieces{std::as_bytes(std::span{head}), std::as_bytes(std::span{body})};
  ///     co_await s.write(pieces);
  [[nodiscard]] awaitable<void> write(std::span<const std::span<const std::byte>> pieces) {
    return backend_->write(const_buffers{pieces});
  }
  /// Writes what the transport takes at once of `data`; never waits. Returns the number of bytes, which may
  /// be 0: `write` the rest. Cheaper than `write` where the kernel's buffer has room, as it usually has.
  /// Errors: as write.
  [[nodiscard]] std::size_t try_write(std::span<const std::byte> data) {
    return backend_->try_write(const_buffers{data});
  }
  [[nodiscard]] std::size_t try_write(std::string_view data) {
    return try_write(std::as_bytes(std::span{data}));
  }
  /// The same for several pieces in turn.
  [[nodiscard]] std::size_t try_write(std::span<const std::span<const std::byte>> pieces) {
    return backend_->try_write(const_buffers{pieces});
  }
  /// Sends `count` bytes of an open file from `offset` on, without a copy through user space on plain
  /// sockets. Returns the number of bytes sent: fewer when the file ends early. The file stays open and its
  /// position as it was. What is not in memory is read by a thread first, so that others go on meanwhile; on
  /// file systems that cannot tell (they know no RWF_NOWAIT) it is waited for.
  [[nodiscard]] awaitable<std::uint64_t> send_file(int file, std::uint64_t offset, std::uint64_t count) {
    return backend_->send_file(file, offset, count);
  }

  /// Tells the peer that nothing more will be written (TCP FIN); reading goes on.
  [[nodiscard]] awaitable<void> shutdown_write() { return backend_->shutdown_write(); }
  /// Closes in good order: TLS says goodbye, without waiting for the peer's answer; a peer that does not even
  /// take the goodbye is given a second. Where input is left unread, TCP resets the connection, and what is
  /// still on its way to the peer may be lost: `shutdown_write` and read to the end first if that matters.
  [[nodiscard]] awaitable<void> close() { return backend_->close(); }
  /// Closes at once. Operations in flight end with operation_canceled.
  void abort() noexcept { backend_->abort(); }

  /// True if a read would not wait: there are bytes, or the peer has closed, or there is an error. What a
  /// pool asks before reuse. Messages of TLS that hold no data, as session tickets, are taken in and do not
  /// count.
  bool readable() noexcept { return backend_->readable(); }
  endpoint local_endpoint() const { return backend_->local_endpoint(); }
  endpoint remote_endpoint() const { return backend_->remote_endpoint(); }
  /// The descriptor of a plain socket, -1 otherwise.
  int native_handle() const noexcept { return backend_ ? backend_->native_handle() : -1; }
  /// The protocol that TLS agreed on (ALPN), as in "http/1.1"; empty if none.
  std::string_view protocol() const noexcept { return backend_->protocol(); }

  /// Everything that is known of the connection: endpoints, and with TLS the version, the cipher and the
  /// peer's certificate. Complexity: asks the kernel and copies; keep it.
  connection_info connection() const { return backend_->connection(); }

  /// Takes the transport out, to wrap it into another one.
  std::unique_ptr<stream_backend> release() noexcept { return std::move(backend_); }

 private:
  std::unique_ptr<stream_backend> backend_;
};

}  // namespace bight::net
