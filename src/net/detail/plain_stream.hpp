// A stream over a socket: TCP or Unix domain.
#pragma once
#include <bight/net/stream.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>
#include <memory>
#include <optional>

#include "net/detail/receive_side.hpp"
#include "net/detail/socket_io.hpp"

namespace bight::net::detail {

/// A part of a file that was in memory when it was looked at.
struct known_piece {
  int file = -1;
  std::uint64_t next = 0;  ///< Up to here it was sent.
  std::uint64_t end = 0;   ///< Up to here it was there.
  bool near_end = false;   ///< More than is asked for need not be looked for.
};

struct socket_state final : io_state {
  explicit socket_state(stream_socket s) : socket(std::in_place, std::move(s)), reading(*socket) {}
  void loop_closing() noexcept override { socket.reset(); }
  bool is_open() const noexcept { return socket && socket->is_open(); }
  void close() noexcept;
  std::optional<receiving_socket> socket;  // empty once the loop is gone
  receive_side reading;
  std::unique_ptr<io_side> writing;  // made by the first write that has to wait
  known_piece known;
  bool broken = false;  // a write was interrupted half-way
  // After these, Asio would wait for an event that does not come again.
  bool ended = false;  // the peer has shut down its side
  int lost = 0;        // the error of a read, such as ECONNRESET, which the kernel tells once
};

/// Programs that are started later do not inherit `descriptor`: with a copy of it they would keep the peer
/// waiting.
void keep_from_children(int descriptor) noexcept;

class plain_stream final : public stream_backend {
 public:
  /// Takes a connected socket over: non-blocking, without Nagle's delay.
  explicit plain_stream(stream_socket socket);
  plain_stream(const plain_stream&) = delete;
  plain_stream& operator=(const plain_stream&) = delete;
  ~plain_stream() override;

  awaitable<std::size_t> read_some(std::span<std::byte> buffer) override;
  std::optional<std::size_t> try_read(std::span<std::byte> buffer) override;
  awaitable<void> write(const_buffers data) override;
  std::size_t try_write(const_buffers data) override;
  awaitable<std::uint64_t> send_file(int file, std::uint64_t offset, std::uint64_t count) override;
  awaitable<void> shutdown_write() override;
  awaitable<void> close() override;
  void abort() noexcept override;
  bool readable() noexcept override;
  endpoint local_endpoint() const override;
  endpoint remote_endpoint() const override;
  int native_handle() const noexcept override;

 private:
  boost::intrusive_ptr<socket_state> state_;
};

}  // namespace bight::net::detail
