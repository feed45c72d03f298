#include <bight/fs/read_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <bight/core/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstdint>
#include <utility>

#include "fs/detail/blocking.hpp"
#include "fs/detail/file_state.hpp"

namespace bight::fs {
namespace {

[[noreturn]] void fail_limit(const std::filesystem::path& path, std::size_t limit) {
  throw boost::system::system_error(
      make_error_code(errc::limit_exceeded),
      "bight: read '" + path.string() + "': more than " + std::to_string(limit) + " bytes");
}

std::string read_here(const std::filesystem::path& path, std::size_t limit, const std::stop_token& stop) {
  constexpr std::uint64_t first_piece = 4096;
  const auto fd = detail::open_file(path, O_RDONLY, 0);
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) detail::fail(errno, "read", path);
  const auto expected = static_cast<std::uint64_t>(about.st_size);
  if (expected > limit) fail_limit(path, limit);
  // One more than may come, to see that it does not. Files of /proc have no size to rely on.
  const auto most = std::max(limit, limit + 1);
  std::string all(expected == 0 ? std::min<std::uint64_t>(most, first_piece) : expected + 1, '\0');
  std::size_t filled = 0;
  while (true) {
    detail::throw_if_stopped(stop, "read", path);
    const auto n = detail::read_from(fd.get(), std::as_writable_bytes(std::span{all}).subspan(filled), path);
    if (n == 0) break;
    filled += n;
    if (filled > limit) fail_limit(path, limit);
    if (filled == all.size()) all.resize(std::min(2 * all.size(), most));
  }
  all.resize(filled);
  return all;
}

}  // namespace

awaitable<std::string> read_file(std::filesystem::path path, std::size_t limit) {
  const auto job = [&](const std::stop_token& stop) { return read_here(path, limit, stop); };
  co_return co_await run_in_executor(detail::threads(), job);
}

}  // namespace bight::fs
