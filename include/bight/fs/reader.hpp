// reader: a file from front to back, as a byte_source.
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
  /// Where to begin, in bytes.
  std::uint64_t offset = 0;
  /// How many bytes are read at a time; whoever asks for as many or more gets them without the detour.
  std::size_t buffer = 64U << 10U;
};

/// Reads a file sequentially. For lines, `lines` is the faster way.
///
///     auto f = co_await bight::fs::open("data.bin");
///     bight::fs::reader in{f};
///     co_await bight::read_exactly(in, header);
///
/// At the end `read_some` returns 0, and goes on if the file has grown since.
/// Concurrency: one call at a time, otherwise std::logic_error; any number of readers of a file. Lifetime: it
/// keeps the file open until it is destroyed or `file::close` is called.
class reader final : public byte_source {
 public:
  /// Errors: std::invalid_argument for a buffer of no bytes; EBADF for a file that is closed.
  explicit reader(const file& from, reader_options options = {});
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;
  ~reader() override;

  /// Cancellation: a cancelled read has taken nothing. Errors: system_error that names the path; the position
  /// is as before.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override;
  /// Where the next byte comes from.
  std::uint64_t position() const noexcept;
  /// Goes on from there.
  void seek(std::uint64_t position) noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bight::fs
