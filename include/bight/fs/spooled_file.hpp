// spooled_file: data in memory, and in a file beyond a limit.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/byte_source.hpp>
#include <bight/fs/anonymous_file.hpp>
#include <bight/fs/detail/quick_awaiter.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

namespace bight::fs {

/// Trivially copyable.
struct spooled_options {
  /// The maximum size in memory, in bytes; beyond it, all data is moved to a file. 0: always a file (in
  /// Python 0 means no limit, which is SIZE_MAX here).
  std::size_t max_in_memory = 1U << 20U;
  /// The permissions of a file created by `publish`, minus the umask.
  unsigned permissions = 0666;
};

/// Temporary data that is usually small (Python's SpooledTemporaryFile): in memory up to a limit, in an
/// anonymous_file beyond it.
///
///     bight::fs::spooled_file upload;
///     auto piece = co_await body.next();
///     while (piece) {
///       co_await upload.append(*piece);
///       piece = co_await body.next();
///     }
///     bight::fs::spooled_reader in{upload};
///
/// In-memory operations neither suspend nor fail. Limit the total size yourself. Concurrency: its loop; one
/// modifying call at a time, otherwise std::logic_error; reads at any time. Lifetime: reads in flight and
/// readers keep the data; apart from that the destructor discards it. Cancellation and errors: as for `file`;
/// if moving the data to a file fails or is cancelled, it stays in memory.
class spooled_file {
 public:
  /// `in`: the directory in whose file system the file is created; if empty, TMPDIR or /tmp.
  explicit spooled_file(spooled_options options = {}, std::filesystem::path in = {});
  spooled_file(spooled_file&&) noexcept;
  spooled_file& operator=(spooled_file&&) noexcept;
  ~spooled_file();

  /// Reads into `buffer` from `offset`. Returns the number of bytes, less than requested only at the end.
  auto read_at(std::uint64_t offset, std::span<std::byte> buffer) const noexcept {
    return detail::quick_operation<read_step>{read_step{this, offset, buffer}};
  }
  /// Writes all of `data` at `offset`; a gap after the end is filled with zeros. Empty data has no effect.
  auto write_at(std::uint64_t offset, std::span<const std::byte> data) noexcept {
    return detail::quick_operation<write_step>{write_step{this, offset, data, false}};
  }
  auto write_at(std::uint64_t offset, std::string_view data) noexcept {
    return write_at(offset, std::as_bytes(std::span{data}));
  }
  /// Appends all of `data`. Cancellation and errors: a first part may have been written.
  auto append(std::span<const std::byte> data) noexcept {
    return detail::quick_operation<write_step>{write_step{this, 0, data, true}};
  }
  auto append(std::string_view data) noexcept { return append(std::as_bytes(std::span{data})); }

  /// The size in bytes.
  [[nodiscard]] awaitable<std::uint64_t> size() const;
  /// Truncates the data, or extends it with zeros. Data in a file stays there.
  [[nodiscard]] awaitable<void> truncate(std::uint64_t size);

  /// Whether the data is in a file.
  bool rolled_over() const noexcept;
  /// Moves the data to a file now, if it is in memory.
  [[nodiscard]] awaitable<void> roll_over();

  /// Gives it the name `to` atomically and closes it: later uses fail with EBADF. Fastest if `in` is in the
  /// same file system: see anonymous_file::publish, also for errors. Cancellation and errors: `to` and this
  /// object are unchanged.
  [[nodiscard]] awaitable<void> publish(std::filesystem::path to, publish_options options = {});

 private:
  friend class spooled_reader;
  class impl;
  struct read_step {
    using result_type = std::size_t;
    const spooled_file* from;
    std::uint64_t offset;
    std::span<std::byte> buffer;
    bool now(result_type& n) { return from->copy(offset, buffer, n); }
    awaitable<result_type> later() { return from->read_on(offset, buffer); }
  };
  struct write_step {
    using result_type = void;
    spooled_file* to;
    std::uint64_t offset;
    std::span<const std::byte> data;
    bool at_end;
    bool now(std::monostate&) { return to->keep(offset, data, at_end); }
    awaitable<void> later() { return to->write_on(offset, data, at_end); }
  };
  bool copy(std::uint64_t offset, std::span<std::byte> buffer, std::size_t& n) const;
  awaitable<std::size_t> read_on(std::uint64_t offset, std::span<std::byte> buffer) const;
  bool keep(std::uint64_t offset, std::span<const std::byte> data, bool at_end);
  awaitable<void> write_on(std::uint64_t offset, std::span<const std::byte> data, bool at_end);

  std::shared_ptr<impl> impl_;
};

/// Reads a spooled_file sequentially. At the end `read_some` returns 0; later calls read what has been
/// appended. Concurrency: one call at a time; any number of readers. Lifetime: keeps the data.
class spooled_reader final : public byte_source {
 public:
  /// `offset`: the offset of the first byte.
  explicit spooled_reader(const spooled_file& from, std::uint64_t offset = 0) noexcept
      : impl_(from.impl_), position_(offset) {}

  /// Cancellation: a cancelled read has consumed nothing.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override;
  /// The offset of the next byte.
  std::uint64_t position() const noexcept { return position_; }
  /// Sets the offset of the next byte.
  void seek(std::uint64_t position) noexcept { position_ = position; }

 private:
  std::shared_ptr<spooled_file::impl> impl_;
  std::uint64_t position_;
};

}  // namespace bight::fs
