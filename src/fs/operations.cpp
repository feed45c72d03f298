#include <bight/fs/operations.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>

#include "fs/detail/blocking.hpp"
#include "fs/detail/copy_bytes.hpp"
#include "fs/detail/file_state.hpp"
#include "fs/detail/successor.hpp"

namespace bight::fs {

using detail::fail;
using detail::require_no_nul;
using std::filesystem::path;

namespace {

bool leads_to_directory(const path& p) {
  struct stat about {};
  return ::stat(p.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
}

void make_here(const path& p, const directory_options& options) {
  require_no_nul(p, "make directory");
  const auto parent = p.parent_path();
  if (options.parents && !parent.empty() && parent != p && !leads_to_directory(parent))
    make_here(parent, options);
  if (::mkdir(p.c_str(), static_cast<mode_t>(options.permissions)) == 0) return;
  const int error = errno;
  if (!(options.parents && error == EEXIST && leads_to_directory(p))) fail(error, "make directory", p);
}

bool remove_here(const path& p) {
  require_no_nul(p, "remove");
  if (::remove(p.c_str()) == 0) return true;
  if (errno != ENOENT && errno != ENOTDIR) fail(errno, "remove", p);
  return false;
}

std::uint64_t remove_all_here(const path& p) {
  require_no_nul(p, "remove");
  std::error_code error;
  const auto count = std::filesystem::remove_all(p, error);
  if (error) fail(error.value(), "remove", p);
  return count;
}

void copy_here(const path& from, const path& to, const copy_options& options, const std::stop_token& stop) {
  const auto source = detail::open_file(from, O_RDONLY, 0);
  struct stat about {};
  if (::fstat(source.get(), &about) != 0) fail(errno, "copy", from);
  constexpr unsigned all_bits = 0777;
  const atomic_options as{
      .replace = options.replace, .sync = options.sync, .permissions = about.st_mode & all_bits};
  detail::successor made{detail::link_target(to), as};
  const path both = from.string() + "' to '" + to.string();
  detail::copy_bytes(source.get(), made.descriptor(), both, stop);
  detail::throw_if_stopped(stop, "copy", both);
  made.finish();
}

}  // namespace

awaitable<void> make_directory(path p, directory_options options) {
  const auto job = [&] { make_here(p, options); };
  co_await run_in_executor(detail::threads(), job);
}

awaitable<bool> remove(path p) {
  const auto job = [&] { return remove_here(p); };
  co_return co_await run_in_executor(detail::threads(), job);
}

awaitable<std::uint64_t> remove_all(path p) {
  const auto job = [&] { return remove_all_here(p); };
  co_return co_await run_in_executor(detail::threads(), job);
}

awaitable<void> rename(path from, path to, bool replace) {
  const auto job = [&] {
    require_no_nul(from, "rename");
    require_no_nul(to, "rename");
    const unsigned how = replace ? 0U : unsigned{RENAME_NOREPLACE};
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), how) == 0) return;
    const int error = errno;
    fail(error, "rename", from.string() + "' to '" + to.string());
  };
  co_await run_in_executor(detail::threads(), job);
}

awaitable<void> copy_file(path from, path to, copy_options options) {
  const auto job = [&](const std::stop_token& stop) { copy_here(from, to, options, stop); };
  co_await run_in_executor(detail::threads(), job);
}

}  // namespace bight::fs
