// writer: writes a file from front to back.
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
  /// Where to begin, in bytes. Means nothing for a file that is opened to append.
  std::uint64_t offset = 0;
  /// How many bytes are collected before they are written.
  std::size_t buffer = 128U << 10U;
};

/// Writes a file sequentially, through a buffer.
///
///     auto f = co_await bight::fs::open("report.txt", bight::fs::writing);
///     bight::fs::writer out{f};
///     for (const auto& row : rows) co_await out.write(row);
///     co_await out.close();
///
/// Most calls of `write` copy into the buffer: they do not suspend and allocate nothing. `flush` hands the
/// data to the system; that it is on the storage is the business of `file::sync_data`. Errors: system_error
/// that names the path, from any of its functions. What could not be written is kept: `flush` may be tried
/// again, and nothing is written twice. EBADF once the file is closed: nothing is taken then. Concurrency:
/// one call at a time, otherwise std::logic_error.
/// Lifetime: it keeps the file open until it is destroyed or closed. The destructor drops what was not
/// flushed, and says so in the log.
class writer {
 public:
  /// Errors: std::invalid_argument for a buffer of no bytes; EBADF for a file that is closed.
  explicit writer(file& to, writer_options options = {});
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;
  ~writer();

  /// Takes all of `data`, which must stay valid until it is awaited to its end. Cancellation: of data that is
  /// smaller than the buffer nothing was taken; of more, a part may have been: `position` tells.
  auto write(std::span<const std::byte> data) noexcept {
    return detail::quick_operation<step>{step{this, data}};
  }
  auto write(std::string_view data) noexcept { return write(std::as_bytes(std::span{data})); }

  /// Hands everything to the system. Cancellation: a part may have been, the rest is kept.
  [[nodiscard]] awaitable<void> flush();
  /// Flushes and closes the file. Errors and cancellation: those of `flush` leave the file open.
  [[nodiscard]] awaitable<void> close();

  /// Where the next byte of `write` goes: with the buffer written, the file ends there, or had more before.
  /// Of a file that is opened to append: `writer_options::offset` and what was taken since, wherever the
  /// system put that.
  std::uint64_t position() const noexcept;
  /// Bytes that were not flushed yet.
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
