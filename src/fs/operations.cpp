#include <bight/fs/operations.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <string>
#include <utility>

#include "fs/detail/blocking.hpp"
#include "fs/detail/copy_bytes.hpp"
#include "fs/detail/file_state.hpp"
#include "fs/detail/replacement.hpp"
#include "fs/detail/tree_removal.hpp"

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
  // The system would say the same, after as many calls as there are folders.
  if (p.native().size() >= PATH_MAX) fail(ENAMETOOLONG, "make directory", p);
  const auto parent = p.parent_path();
  if (options.parents && !parent.empty() && parent != p && !leads_to_directory(parent))
    make_here(parent, options);
  if (::mkdir(p.c_str(), static_cast<mode_t>(options.permissions)) == 0) return;
  const int error = errno;
  if (!(options.parents && error == EEXIST && leads_to_directory(p))) fail(error, "make directory", p);
}

// Makes a call with two paths.
template <class Call>
awaitable<void> call_with_both(path from, path to, const char* operation, Call call) {
  const auto job = [&] {
    require_no_nul(from, operation);
    require_no_nul(to, operation);
    if (call(from.c_str(), to.c_str()) == 0) return;
    const int error = errno;
    fail(error, operation, from.string() + "' to '" + to.string());
  };
  co_await run_in_executor(detail::threads(), job);
}

bool remove_here(const path& p) {
  require_no_nul(p, "remove");
  if (::remove(p.c_str()) == 0) return true;
  if (errno != ENOENT && errno != ENOTDIR) fail(errno, "remove", p);
  return false;
}

void copy_here(const path& from, const path& to, const copy_options& options, const std::stop_token& stop) {
  struct stat about {};
  const auto source = detail::open_briefly(from, O_RDONLY, 0, about);
  constexpr unsigned all_bits = 0777;
  const atomic_options as{.replace = options.replace, .sync = options.sync};
  detail::replacement made{detail::link_target(to), as, about.st_mode & all_bits};
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
  const auto job = [&] { return detail::remove_tree(p); };
  co_return co_await run_in_executor(detail::threads(), job);
}

awaitable<void> rename(path from, path to, bool replace) {
  const unsigned how = replace ? 0U : unsigned{RENAME_NOREPLACE};
  const auto call = [how](const char* a, const char* b) {
    return ::renameat2(AT_FDCWD, a, AT_FDCWD, b, how);
  };
  return call_with_both(std::move(from), std::move(to), "rename", call);
}

awaitable<void> copy_file(path from, path to, copy_options options) {
  const auto job = [&](const std::stop_token& stop) { copy_here(from, to, options, stop); };
  co_await run_in_executor(detail::threads(), job);
}

awaitable<void> make_symlink(path target, path link) {
  return call_with_both(std::move(target), std::move(link), "symlink", ::symlink);
}

awaitable<void> make_link(path existing, path link) {
  return call_with_both(std::move(existing), std::move(link), "link", ::link);
}

awaitable<path> read_symlink(path p) {
  const auto job = [&] {
    require_no_nul(p, "read link");
    std::error_code error;
    auto target = std::filesystem::read_symlink(p, error);
    if (error) fail(error.value(), "read link", p);
    return target;
  };
  co_return co_await run_in_executor(detail::threads(), job);
}

awaitable<void> set_permissions(path p, unsigned permissions) {
  constexpr unsigned all_bits = 07777;
  const auto job = [&] {
    require_no_nul(p, "change the mode of");
    if ((permissions & ~all_bits) != 0) fail(EINVAL, "change the mode of", p);
    if (::chmod(p.c_str(), static_cast<mode_t>(permissions)) != 0) fail(errno, "change the mode of", p);
  };
  co_await run_in_executor(detail::threads(), job);
}

}  // namespace bight::fs
