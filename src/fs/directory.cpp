#include <bight/fs/directory.hpp>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <bight/core/detail/io_operation.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include "fs/detail/beneath.hpp"
#include "fs/detail/blocking.hpp"
#include "fs/detail/directory_stream.hpp"
#include "fs/detail/file_state.hpp"
#include "fs/detail/in_place.hpp"
#include "fs/detail/kinds.hpp"

namespace bight::fs {

using bight::detail::unique_fd;

namespace detail {

class directory_state {
 public:
  explicit directory_state(const std::filesystem::path& path) : path_(path) {
    require_no_nul(path, "open");
    fd_ = unique_fd{::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!fd_) fail(errno, "open", path);
  }
  int get() const noexcept { return fd_.get(); }
  const std::filesystem::path& path() const noexcept { return path_; }

  /// Its file system is known to need nobody for what is cached.
  bool is_quick() const noexcept { return quick_.load(std::memory_order_relaxed); }
  /// Finds out, on a thread, with what was opened beneath it.
  void probe(int fd, const struct stat& about) const noexcept {
    struct stat mine {};
    if (is_quick() || !S_ISREG(about.st_mode) || ::fstat(get(), &mine) != 0) return;
    if (mine.st_dev == about.st_dev && detail::is_quick(fd)) quick_.store(true, std::memory_order_relaxed);
  }

 private:
  std::filesystem::path path_;
  unique_fd fd_;
  mutable std::atomic<bool> quick_ = false;
};

struct found_access {
  static found make(unique_fd fd, const metadata& about, std::shared_ptr<const directory_state> in,
                    const std::string& path) {
    found made;
    made.about_ = about;
    if (about.kind != file_kind::regular) return made;
    made.fd_ = std::move(fd);
    made.in_ = std::move(in);
    made.path_ = path;
    return made;
  }
};

}  // namespace detail

using state_ptr = std::shared_ptr<const detail::directory_state>;

namespace {

#ifdef RESOLVE_CACHED
constexpr std::uint64_t cached_only = RESOLVE_CACHED;
#else
constexpr std::uint64_t cached_only = 0x20;
#endif

// False once the kernel has said that it cannot open only what it knows.
std::atomic<bool>& opens_in_place() noexcept {
  static std::atomic<bool> it = true;
  return it;
}

// What is there, before there is a loop's file of it. On any thread.
class opened {
 public:
  opened(int directory, const std::string& path, const find_options& options, int flags, std::uint64_t more)
      : fd_(detail::open_beneath(directory, path, flags, options.symlinks, more, error_)) {
    if (fd_ && ::fstat(fd_.get(), &about_) != 0) error_ = errno;
  }
  /// 0 or errno.
  int error() const noexcept { return error_; }
  int descriptor() const noexcept { return fd_.get(); }
  const struct stat& about() const noexcept { return about_; }

  found to_result(const state_ptr& in, const std::string& path) {
    if (error_ != 0) return found{{error_, boost::system::system_category()}};
    return detail::found_access::make(std::move(fd_), detail::translate(about_), in, path);
  }

 private:
  int error_ = 0;
  unique_fd fd_;
  struct stat about_ {};
};

bool has_nul(const std::string& path) noexcept { return path.find('\0') != std::string::npos; }

constexpr int to_read = O_RDONLY | O_NOCTTY | O_NONBLOCK;  // not to wait for the writer of a FIFO

void open_here(std::optional<opened>& it, int in, const std::string& path, const find_options& options,
               int flags) {
  constexpr int attempts = 8;  // EAGAIN: something was renamed on the way
  for (int i = 0; i != attempts; ++i) {
    it.emplace(in, path, options, flags, 0U);
    if (it->error() != EAGAIN && it->error() != EINTR) return;
  }
}

// Files are opened, other things are only looked at: who may not read a folder may still be told that it is
// one, and a FIFO would notice.
// What a symbolic link in a folder leads to. Returns: false if that may not be found.
bool follow(int root, const std::string& folder, const char* name, struct stat& about) {
  int error = 0;
  const auto path = folder.empty() ? std::string{name} : folder + '/' + name;
  const auto target = detail::open_beneath(root, path, O_PATH | O_CLOEXEC, true, 0, error);
  return target && ::fstat(target.get(), &about) == 0;
}

// On a thread. Returns: 0 or errno.
int list_here(int root, const std::string& path, const find_options& options, std::size_t limit,
              directory_list& to) {
  int error = 0;
  auto fd = detail::open_beneath(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, options.symlinks, 0, error);
  if (!fd) return error;
  detail::directory_stream names{std::move(fd)};
  if (!names) return errno;
  detail::directory_stream::item item;
  while (names.next(item)) {
    struct stat about {};
    if (::fstatat(names.descriptor(), item.name, &about, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISLNK(about.st_mode) && (!options.symlinks || !follow(root, path, item.name, about))) continue;
    if (!S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode)) continue;
    if (to.entries.size() == limit) {
      to.complete = false;
      return 0;
    }
    to.entries.push_back({item.name, detail::translate(about)});
  }
  return names.error();
}

awaitable<found> find_on_thread(state_ptr in, std::string path, find_options options) {
  std::optional<opened> it;
  const auto job = [&] {
    open_here(it, in->get(), path, options, O_PATH);
    if (it->error() != 0 || !S_ISREG(it->about().st_mode)) return;
    open_here(it, in->get(), path, options, to_read);
    if (it->error() == 0) in->probe(it->descriptor(), it->about());
  };
  co_await run_in_executor(detail::threads(), job);
  co_return it->to_result(in, path);
}

}  // namespace

file found::take_file() {
  auto state = std::make_shared<detail::file_state>();
  state->home = detail::service::here();
  state->path = in_->path() / path_;
  if (::fcntl(fd_.get(), F_SETFL, 0) != 0) detail::fail(errno, "open", state->path);
  state->fd = std::move(fd_);
  return detail::file_access::make(std::move(state));
}

directory::directory(const std::filesystem::path& path)
    : state_(std::make_shared<const detail::directory_state>(path)) {}
directory::directory(directory&&) noexcept = default;
directory& directory::operator=(directory&&) noexcept = default;
directory::~directory() = default;
const std::filesystem::path& directory::path() const noexcept { return state_->path(); }

bool directory::find_now(const std::string& path, const find_options& options, found& result) const {
  if (has_nul(path)) {
    result = found{{EINVAL, boost::system::system_category()}};
    return true;
  }
  if (!opens_in_place().load(std::memory_order_relaxed) || !detail::has_openat2()) return false;
  auto& loop = bight::detail::require_loop();
  if (!detail::finds_in_place || !state_->is_quick()) return false;
  opened it{state_->get(), path, options, to_read, cached_only | RESOLVE_NO_XDEV};
  if (it.error() == EINVAL) opens_in_place().store(false, std::memory_order_relaxed);
  if (it.error() != 0 && it.error() != ENOENT) return false;
  detail::charge(loop, 0);
  result = it.to_result(state_, path);
  return true;
}

awaitable<found> directory::find_later(std::string path, find_options options) const {
  return find_on_thread(state_, std::move(path), options);
}

awaitable<directory_list> directory::list(std::string path, find_options options, std::size_t limit) const {
  const auto state = state_;
  const auto where = state->path() / path;
  detail::require_no_nul(where, "list");
  directory_list found;
  int error = 0;
  const auto job = [&] { error = list_here(state->get(), path, options, limit, found); };
  co_await run_in_executor(detail::threads(), job);
  if (error != 0) detail::fail(error, "list", where);
  co_return found;
}

}  // namespace bight::fs
