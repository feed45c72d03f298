// Blocking file operations for threads; not for a loop's thread.
#pragma once
#include <sys/stat.h>

#include <bight/core/detail/unique_fd.hpp>
#include <cstddef>
#include <filesystem>
#include <span>
#include <stop_token>

namespace bight::fs::detail {

/// No more than this is read or written before a cancellation is looked at.
inline constexpr std::size_t blocking_piece = 1U << 20U;

/// Opens what is a file: neither directory nor FIFO. Errors: system_error that names the path.
bight::detail::unique_fd open_file(const std::filesystem::path& path, int flags, unsigned permissions,
                                   struct stat& about);
/// The same for the calls below: a regular file may be O_NONBLOCK, which means nothing to them.
bight::detail::unique_fd open_briefly(const std::filesystem::path& path, int flags, unsigned permissions,
                                      struct stat& about);

/// Reads up to `buffer.size()`, 0 at the end.
std::size_t read_from(int fd, std::span<std::byte> buffer, const std::filesystem::path& path);

/// Writes all. `shown`: the path for errors. Errors: also ECANCELED, once `stop` is requested.
void write_to(int fd, std::span<const std::byte> data, const std::filesystem::path& shown,
              const std::stop_token& stop);

/// Closes, and reports what only that shows.
void close_file(bight::detail::unique_fd fd, const std::filesystem::path& path);

/// Another descriptor of the same open file.
bight::detail::unique_fd duplicate_of(int fd, const char* operation, const std::filesystem::path& shown);

/// A name for a file beside `path`, or in it, that probably nobody has.
std::filesystem::path unlikely_name(const std::string& before, const std::string& after);

/// Errors: EINVAL for a path that the system would cut off.
void require_no_nul(const std::filesystem::path& path, const char* operation);

void throw_if_stopped(const std::stop_token& stop, const char* operation, const std::filesystem::path& path);

}  // namespace bight::fs::detail
