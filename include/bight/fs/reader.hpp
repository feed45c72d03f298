// reader: a file as a byte_source.
#pragma once
#include <bight/core/byte_source.hpp>
#include <bight/fs/file.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace bight::fs {

/// Trivially copyable.
struct reader_options {
  /// The offset of the first byte.
  std::uint64_t offset = 0;
  /// The size of the buffer in bytes; larger reads bypass it.
  std::size_t buffer = 64U << 10U;
};

/// Reads a file sequentially. For lines, `lines` is faster.
///
///     auto f = co_await bight::fs::open("data.bin");
///     bight::fs::reader in{f};
///     co_await bight::read_exactly(in, header);
///
/// At the end of the file `read_some` returns 0; later calls read what has been appended. Concurrency: one
/// call at a time, otherwise std::logic_error; any number of readers per file. Lifetime: keeps the file open
/// until it is destroyed or `file::close` is called.
class reader final : public byte_source {
 public:
  /// Errors: std::invalid_argument if the buffer size is 0; EBADF if the file is closed.
  explicit reader(const file& from, reader_options options = {});
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;
  ~reader() override;

  /// Cancellation: a cancelled read has consumed nothing. Errors: system_error that names the path; the
  /// position is unchanged.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override;
  /// The offset of the next byte.
  std::uint64_t position() const noexcept;
  /// Sets the offset of the next byte.
  void seek(std::uint64_t position) noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bight::fs
