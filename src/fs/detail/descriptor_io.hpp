// Non-blocking I/O on a descriptor that is shared with other processes.
#pragma once
#include <sys/uio.h>

#include <bight/core/awaitable.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "fs/detail/readiness.hpp"
#include "fs/detail/service.hpp"

namespace bight::fs::detail {

/// A copy of a descriptor, and how it is read or written. O_NONBLOCK, which all copies share, stays as it is.
class descriptor_io {
 public:
  /// Errors: system_error that names the stream.
  descriptor_io(int descriptor, std::string name, readiness::what direction);

  const std::filesystem::path& name() const noexcept { return name_; }
  bool is_terminal() const noexcept { return terminal_; }
  /// A file or a device that is never waited for.
  bool is_file() const noexcept { return way_ == way::file; }

  /// Reads what is there, 0 at the end. Nothing if that would wait.
  std::optional<std::size_t> read_now(std::span<std::byte> buffer);
  /// Reads at least a byte, 0 at the end. Cancellation: nothing was read. Errors: errc::wrong_loop.
  awaitable<std::size_t> read(std::span<std::byte> buffer);

  /// Writes at least a byte of data that is not empty. Nothing if that would wait.
  std::optional<std::size_t> write_now(std::span<const std::byte> data);
  awaitable<std::size_t> write(std::span<const std::byte> data);
  /// Writes what goes without waiting for anybody but the storage. Returns how much that was; no errors.
  std::size_t write_finally(std::span<const std::byte> data) noexcept;

 private:
  /// Pipes and terminals try nowait, then own, then thread.
  enum class way : std::uint8_t {
    file,    ///< In place what is in memory, the rest on a thread.
    socket,  ///< With MSG_DONTWAIT.
    nowait,  ///< With RWF_NOWAIT: pipes since Linux 6.5.
    own,     ///< Opened again, with O_NONBLOCK: nobody shares that.
    thread,  ///< On a thread, when it is ready.
  };

  void require_home() const;
  void next_way();
  bool open_again();
  long attempt_read(std::span<std::byte> buffer);
  long attempt_file(const iovec& where) const;
  long attempt_write(std::span<const std::byte> data);
  awaitable<std::size_t> read_on_thread(std::span<std::byte> buffer);
  awaitable<std::size_t> write_on_thread(std::span<const std::byte> data);
  std::size_t write_blocking(std::span<const std::byte> data) const;
  std::size_t largest_write() const noexcept;

  std::shared_ptr<service> home_;
  std::filesystem::path name_;
  readiness::what direction_;
  bight::detail::unique_fd fd_;
  readiness ready_;  // of fd_
  way way_ = way::nowait;
  bool terminal_ = false;
  bool in_place_ = true;  // of a file: the file system has reads that do not wait
};

}  // namespace bight::fs::detail
