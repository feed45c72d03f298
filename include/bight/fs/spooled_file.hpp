// spooled_file: data in memory, and in a file once it is too much.
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
  /// How many bytes are kept in memory; one more, and all of it goes to a file. 0: nothing is (Python's 0
  /// means no limit: SIZE_MAX here).
  std::size_t max_in_memory = 1U << 20U;
  /// Of the file that `publish` makes, less the umask.
  unsigned permissions = 0666;
};

/// Data that is small most of the time (Python's SpooledTemporaryFile): in memory up to a limit, in an
/// anonymous_file from then on.
///
///     bight::fs::spooled_file upload;
///     auto piece = co_await body.next();
///     while (piece) {
///       co_await upload.append(*piece);
///       piece = co_await body.next();
///     }
///     bight::fs::spooled_reader in{upload};
///
/// What happens in memory neither suspends nor fails. How much may come in all is for the caller to limit.
/// Concurrency: its loop; one call that changes it at a time, otherwise std::logic_error; reads at any time.
/// Lifetime: reads in flight and readers keep the data; apart from that the destructor drops it.
/// Cancellation and errors: as with `file`; a cancelled or failed rolling over leaves all in memory.
class spooled_file {
 public:
  /// `in`: the directory whose file system gets the file; empty: TMPDIR, or else /tmp.
  explicit spooled_file(spooled_options options = {}, std::filesystem::path in = {});
  spooled_file(spooled_file&&) noexcept;
  spooled_file& operator=(spooled_file&&) noexcept;
  ~spooled_file();

  /// Fills `buffer` from `offset` on. Returns how much there was: less than asked for at the end only.
  auto read_at(std::uint64_t offset, std::span<std::byte> buffer) const noexcept {
    return detail::quick_operation<read_step>{read_step{this, offset, buffer}};
  }
  /// Writes all of `data` at `offset`; what is between the end and that is zero. No data changes nothing,
  /// wherever.
  auto write_at(std::uint64_t offset, std::span<const std::byte> data) noexcept {
    return detail::quick_operation<write_step>{write_step{this, offset, data, false}};
  }
  auto write_at(std::uint64_t offset, std::string_view data) noexcept {
    return write_at(offset, std::as_bytes(std::span{data}));
  }
  /// Writes all of `data` at the end. Cancellation and errors: a part from the beginning may have been.
  auto append(std::span<const std::byte> data) noexcept {
    return detail::quick_operation<write_step>{write_step{this, 0, data, true}};
  }
  auto append(std::string_view data) noexcept { return append(std::as_bytes(std::span{data})); }

  /// In bytes.
  [[nodiscard]] awaitable<std::uint64_t> size() const;
  /// Cuts it off, or extends it with zeros. What is in a file stays there.
  [[nodiscard]] awaitable<void> truncate(std::uint64_t size);

  /// True once the data is in a file.
  bool rolled_over() const noexcept;
  /// Moves the data to a file now; nothing if it is there.
  [[nodiscard]] awaitable<void> roll_over();

  /// Makes it the file `to`, complete and at once, and closes it: every later use is an error, EBADF.
  /// Quickest if `in` is in the same file system: see anonymous_file::publish, also for errors. Cancellation
  /// and errors: `to` is as it was, and so is this.
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

/// Reads a spooled_file from front to back. At the end `read_some` returns 0, and goes on if there is more
/// since. Concurrency: one call at a time; any number of readers. Lifetime: it keeps the data.
class spooled_reader final : public byte_source {
 public:
  /// `offset`: where to begin, in bytes.
  explicit spooled_reader(const spooled_file& from, std::uint64_t offset = 0) noexcept
      : impl_(from.impl_), position_(offset) {}

  /// Cancellation: a cancelled read has taken nothing.
  [[nodiscard]] awaitable<std::size_t> read_some(std::span<std::byte> buffer) override;
  /// Where the next byte comes from.
  std::uint64_t position() const noexcept { return position_; }
  /// Goes on from there.
  void seek(std::uint64_t position) noexcept { position_ = position; }

 private:
  std::shared_ptr<spooled_file::impl> impl_;
  std::uint64_t position_;
};

}  // namespace bight::fs
