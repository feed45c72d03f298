// writer: buffered sequential writing.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/fs/detail/quick_awaiter.hpp>
#include <bight/fs/file.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

namespace bight::fs {

/// Trivially copyable.
struct writer_options {
  /// The offset of the first byte. Ignored for files opened for appending.
  std::uint64_t offset = 0;
  /// The size of the buffer in bytes.
  std::size_t buffer = 128U << 10U;
};

/// Writes a file sequentially through a buffer.
///
///     auto f = co_await bight::fs::open("report.txt", bight::fs::writing);
///     bight::fs::writer out{f};
///     for (const auto& row : rows) co_await out.write(row);
///     co_await out.close();
///
/// Most `write` calls copy into the buffer and neither suspend nor allocate. `flush` passes the data to the
/// system; to sync it to storage, use `file::sync_data`. Errors: system_error that names the path, from any
/// function. Data that could not be written is kept: `flush` may be retried, and nothing is written twice.
/// EBADF if the file is closed; then nothing is accepted. Concurrency: one call at a time, otherwise
/// std::logic_error. Lifetime: keeps the file open until it is destroyed or closed. The destructor discards
/// unflushed data and logs that.
class writer {
 public:
  /// Errors: std::invalid_argument if the buffer size is 0; EBADF if the file is closed.
  explicit writer(file& to, writer_options options = {});
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;
  ~writer();

  /// Accepts all of `data`, which must stay valid until completion. Cancellation: if the data is smaller than
  /// the buffer, nothing was accepted; otherwise a part may have been: see `position`.
  auto write(std::span<const std::byte> data) noexcept {
    return detail::quick_operation<step>{step{this, data}};
  }
  auto write(std::string_view data) noexcept { return write(std::as_bytes(std::span{data})); }

  /// Passes all buffered data to the system. Cancellation: a part may have been, the rest is kept.
  [[nodiscard]] awaitable<void> flush();
  /// Flushes and closes the file. Cancellation and errors of the flush leave the file open.
  [[nodiscard]] awaitable<void> close();

  /// The offset of the next byte of `write`. For files opened for appending: `writer_options::offset` plus
  /// the number of bytes accepted, wherever they were written.
  std::uint64_t position() const noexcept;
  /// The number of buffered bytes.
  std::size_t buffered() const noexcept;

 private:
  class impl;
  struct step {
    using result_type = void;
    writer* to;
    std::span<const std::byte> data;
    bool now(std::monostate&) { return to->keep(data); }
    awaitable<void> later() { return to->write_through(data); }
  };
  bool keep(std::span<const std::byte> data);
  awaitable<void> write_through(std::span<const std::byte> data);

  std::unique_ptr<impl> impl_;
};

}  // namespace bight::fs
