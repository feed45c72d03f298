// stream: a bidirectional byte stream.
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

/// Buffered reading from a stream (asyncio.StreamReader): see bight::reader.
using bight::reader;

/// The implementation of a stream. Derive from it to provide a custom transport.
/// Contracts: those of `stream`.
/// Lifetime: a stream may be destroyed while an operation waits or before it starts. Operations must keep
/// alive what they use; they end with operation_canceled, or with errc::stream_closed if they had not
/// started.
class stream_backend {
 public:
  virtual ~stream_backend() = default;
  virtual awaitable<std::size_t> read_some(std::span<std::byte> buffer) = 0;
  /// Default: returns nullopt; `read_some` does the work.
  virtual std::optional<std::size_t> try_read(std::span<std::byte> buffer);
  virtual awaitable<void> write(const_buffers data) = 0;
  /// Default: writes nothing; `write` does the work.
  virtual std::size_t try_write(const_buffers data);
  /// Default: reads the file piece by piece and calls `write`.
  virtual awaitable<std::uint64_t> send_file(int file, std::uint64_t offset, std::uint64_t count);
  virtual awaitable<void> shutdown_write() = 0;
  virtual awaitable<void> close() = 0;
  virtual void abort() noexcept = 0;
  /// Whether a read would complete without waiting, as far as is known.
  virtual bool readable() noexcept = 0;
  virtual endpoint local_endpoint() const { return {}; }
  virtual endpoint remote_endpoint() const { return {}; }
  /// The descriptor of a plain socket; -1 otherwise.
  virtual int native_handle() const noexcept { return -1; }
  /// The protocol negotiated with ALPN; empty if none.
  virtual std::string_view protocol() const noexcept { return {}; }
  /// Default: endpoints and protocol.
  virtual connection_info connection() const;
};

/// A connection over TCP, a Unix domain socket, TLS or memory. Move-only; the destructor drops the
/// connection.
///
///     auto s = co_await net::connect("localhost", 80);
///     co_await s.write("hello\n");
///     net::reader in{s};
///     auto answer = co_await in.read_line();
///
/// A stream is a byte_source: `reader`, `line_reader` and `read_all` work on it.
/// Concurrency: one read and one write at a time, possibly in different tasks of the loop. Another task may
/// close, abort, move or destroy the stream meanwhile. Cancellation: a cancelled `read_some` has consumed
/// nothing. A cancelled `write` or `send_file` may have sent a part of the data; further writes then throw
/// errc::stream_broken, while reading still works. Errors: system codes such as connection_reset; net::errc
/// for TLS; operation_canceled if the stream is closed, aborted or destroyed during the operation,
/// errc::stream_closed if it was before.
class stream final : public byte_source {
 public:
  stream() = default;
  explicit stream(std::unique_ptr<stream_backend> backend) noexcept : backend_(std::move(backend)) {}
  stream(stream&&) noexcept = default;
  stream& operator=(stream&&) noexcept = default;
  ~stream() override = default;

  /// Whether it holds a connection. Precondition of all other members.
  bool valid() const noexcept { return backend_ != nullptr; }

  /// Waits for data and reads at least one byte into `buffer`.
  /// Returns: the number of bytes; 0 at the end of the stream.
  /// Precondition: `buffer` is not empty and remains valid until the read has completed.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override {
    return backend_->read_some(buffer);
  }
  /// Reads available data into `buffer` without waiting. Returns: the number of bytes; 0 at the end of the
  /// stream; nullopt if no data is available or the transport cannot tell: use `read_some` then.
  /// Precondition: no read is in progress. Errors: as read_some.
  [[nodiscard]] std::optional<std::size_t> try_read(std::span<std::byte> buffer) {
    return backend_->try_read(buffer);
  }
  /// Writes all of `data`, which must remain valid until it completes.
  [[nodiscard]] awaitable<void> write(std::span<const std::byte> data) {
    return backend_->write(const_buffers{data});
  }
  [[nodiscard]] awaitable<void> write(std::string_view data) { return write(std::as_bytes(std::span{data})); }
  /// Writes several buffers, with one system call if possible (writelines). The buffers and the list of them
  /// must remain valid until it completes.
  ///
  ///     const std::array pieces{std::as_bytes(std::span{head}), std::as_bytes(std::span{body})};
  ///     co_await s.write(pieces);
  [[nodiscard]] awaitable<void> write(std::span<const std::span<const std::byte>> pieces) {
    return backend_->write(const_buffers{pieces});
  }
  /// Writes as much of `data` as possible without waiting. Returns: the number of bytes written, possibly 0;
  /// pass the rest to `write`. Cheaper than `write` if the socket buffer has room, as it usually does.
  /// Errors: as write.
  [[nodiscard]] std::size_t try_write(std::span<const std::byte> data) {
    return backend_->try_write(const_buffers{data});
  }
  [[nodiscard]] std::size_t try_write(std::string_view data) {
    return try_write(std::as_bytes(std::span{data}));
  }
  /// Same for several buffers.
  [[nodiscard]] std::size_t try_write(std::span<const std::span<const std::byte>> pieces) {
    return backend_->try_write(const_buffers{pieces});
  }
  /// Sends `count` bytes of an open file starting at `offset`, without copying to user space on plain
  /// sockets. The file stays open, and its position does not change. Uncached data is first read on a thread,
  /// so that the loop is not blocked; on file systems without RWF_NOWAIT it is read in place. Returns: the
  /// number of bytes sent, fewer than `count` if the file is shorter.
  [[nodiscard]] awaitable<std::uint64_t> send_file(int file, std::uint64_t offset, std::uint64_t count) {
    return backend_->send_file(file, offset, count);
  }

  /// Shuts down the writing side (TCP FIN). Reading still works.
  [[nodiscard]] awaitable<void> shutdown_write() { return backend_->shutdown_write(); }
  /// Closes the connection. With TLS, sends close_notify first, for at most one second, without waiting for
  /// the peer's reply. If unread input is left, TCP resets the connection, and data in transit to the peer
  /// may be lost: to avoid that, call `shutdown_write` and read to the end first.
  [[nodiscard]] awaitable<void> close() { return backend_->close(); }
  /// Closes the connection immediately. Pending operations end with operation_canceled.
  void abort() noexcept { backend_->abort(); }

  /// Whether a read would complete without waiting, with data, the end of the stream, or an error. Used by
  /// connection pools. TLS messages without data, such as session tickets, are processed and do not count.
  bool readable() noexcept { return backend_->readable(); }
  endpoint local_endpoint() const { return backend_->local_endpoint(); }
  endpoint remote_endpoint() const { return backend_->remote_endpoint(); }
  /// The descriptor of a plain socket; -1 otherwise.
  int native_handle() const noexcept { return backend_ ? backend_->native_handle() : -1; }
  /// The protocol negotiated with ALPN, such as "http/1.1"; empty if none.
  std::string_view protocol() const noexcept { return backend_->protocol(); }

  /// The endpoints, and with TLS the version, the cipher and the certificate of the peer. Complexity: queries
  /// the kernel and copies; store the result.
  connection_info connection() const { return backend_->connection(); }

  /// Releases the transport, to wrap it in another one.
  std::unique_ptr<stream_backend> release() noexcept { return std::move(backend_); }

 private:
  std::unique_ptr<stream_backend> backend_;
};

}  // namespace bight::net
