#include <bight/fs/temporary.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bight/core/uncancellable.hpp>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "fs/detail/blocking.hpp"
#include "fs/detail/file_state.hpp"
#include "fs/detail/tree_removal.hpp"
#include "fs/detail/unnamed.hpp"

namespace bight::fs {
namespace detail {

/// Removes what has this name, unless told otherwise.
class temporary_path {
 public:
  enum class kind : std::uint8_t { file, directory };

  temporary_path(std::filesystem::path path, kind what) : path_(std::move(path)), kind_(what) {}
  temporary_path(const temporary_path&) = delete;
  temporary_path& operator=(const temporary_path&) = delete;
  ~temporary_path() {
    try {
      remove();
    } catch (...) {}  // see remove()
  }

  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path keep() noexcept {
    kept_ = true;
    return path_;
  }
  void remove() {
    if (std::exchange(kept_, true)) return;
    if (kind_ == kind::directory)
      remove_tree(path_);
    else if (::unlink(path_.c_str()) != 0 && errno != ENOENT)
      fail(errno, "remove", path_);
  }

 private:
  const std::filesystem::path path_;
  const kind kind_;
  bool kept_ = false;
};

struct temporary_access {
  static temporary_file make(file f, std::unique_ptr<temporary_path> name) noexcept {
    return temporary_file{std::move(f), std::move(name)};
  }
  static temporary_directory make(std::unique_ptr<temporary_path> name) noexcept {
    return temporary_directory{std::move(name)};
  }
};

}  // namespace detail

using detail::temporary_path;
using name_ptr = std::unique_ptr<temporary_path>;

namespace {

// What of a name is not random.
struct name_parts {
  explicit name_parts(const temporary_options& o) : prefix(o.prefix), suffix(o.suffix) {}
  std::string prefix;
  std::string suffix;
};

void require_part(const std::string& part, const char* which) {
  if (part.find('/') != part.npos) detail::fail(EINVAL, which, part);
  detail::require_no_nul(part, which);
}

// Makes something of a name that nobody has. `make(path)` returns true, or false with errno. The path is
// absolute, so that it is found again wherever the process goes.
template <class Make>
name_ptr make_named(std::filesystem::path in, const name_parts& parts, temporary_path::kind kind,
                    const char* what, Make make) {
  require_part(parts.prefix, "prefix of a temporary name");
  require_part(parts.suffix, "suffix of a temporary name");
  in = detail::place_of_temporaries(std::move(in));
  detail::require_no_nul(in, what);
  std::error_code no_current_directory;
  const auto absolute = std::filesystem::absolute(in, no_current_directory);
  if (no_current_directory) detail::fail(no_current_directory.value(), what, in);
  while (true) {
    auto owner =
        std::make_unique<temporary_path>(absolute / detail::unlikely_name(parts.prefix, parts.suffix), kind);
    if (make(owner->path().c_str())) return owner;
    const int error = errno;
    static_cast<void>(owner->keep());
    if (error != EEXIST && error != EINTR) detail::fail(error, what, in);
  }
}

awaitable<temporary_file> make_file(std::filesystem::path in, name_parts parts) {
  auto state = std::make_shared<detail::file_state>();
  state->home = detail::service::here();
  name_ptr name;  // here and not in the call, which its thread may hold for longer than this frame lives
  const auto job = [&] {
    const auto make = [&](const char* path) {
      constexpr mode_t mine = 0600;
      state->fd = bight::detail::unique_fd{::open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mine)};
      return static_cast<bool>(state->fd);
    };
    name = make_named(in, parts, temporary_path::kind::file, "make a temporary file in", make);
  };
  co_await run_in_executor(detail::threads(), job);
  state->path = name->path();
  co_return detail::temporary_access::make(detail::file_access::make(std::move(state)), std::move(name));
}

awaitable<temporary_directory> make_directory(std::filesystem::path in, name_parts parts) {
  name_ptr name;
  const auto job = [&] {
    const auto make = [](const char* path) {
      constexpr mode_t mine = 0700;
      return ::mkdir(path, mine) == 0;
    };
    name = make_named(in, parts, temporary_path::kind::directory, "make a temporary directory in", make);
  };
  co_await run_in_executor(detail::threads(), job);
  co_return detail::temporary_access::make(std::move(name));
}

// Makes the call on a thread, cancelled or not.
template <class Call>
awaitable<void> finish(const Call& call) {
  const auto job = [&] { return run_in_executor(detail::threads(), std::cref(call)); };
  co_await uncancellable(job);
}

awaitable<void> close_and_remove(detail::file_ptr f, name_ptr name) {
  if (!name) co_return;
  bight::detail::unique_fd fd;
  if (!f->closing) fd = co_await detail::end_use(f);
  const auto job = [&] {
    const int error = fd ? detail::close_now(fd) : 0;
    name->remove();
    if (error != 0) detail::fail(error, "close", name->path());
  };
  co_await finish(job);
}

awaitable<void> remove_directory(name_ptr name) {
  if (!name) co_return;
  const auto job = [&] { name->remove(); };
  co_await finish(job);
}

}  // namespace

temporary_file::temporary_file(file f, std::unique_ptr<temporary_path> name) noexcept
    : name_(std::move(name)), file_(std::move(f)) {}
temporary_file::temporary_file(temporary_file&&) noexcept = default;
temporary_file& temporary_file::operator=(temporary_file&&) noexcept = default;
temporary_file::~temporary_file() = default;
std::filesystem::path temporary_file::keep() noexcept {
  const auto name = std::move(name_);
  return name ? name->keep() : path();
}
// What is never awaited, or cancelled before it begins, removes it where it is dropped.
awaitable<void> temporary_file::remove() {
  return close_and_remove(detail::file_access::state(file_), std::move(name_));
}

temporary_directory::temporary_directory(std::unique_ptr<temporary_path> name) noexcept
    : name_(std::move(name)) {}
temporary_directory::temporary_directory(temporary_directory&&) noexcept = default;
temporary_directory& temporary_directory::operator=(temporary_directory&&) noexcept = default;
temporary_directory::~temporary_directory() = default;
const std::filesystem::path& temporary_directory::path() const noexcept {
  static const std::filesystem::path none;
  return name_ ? name_->path() : none;
}
std::filesystem::path temporary_directory::keep() noexcept {
  const auto name = std::move(name_);
  return name ? name->keep() : std::filesystem::path{};
}
awaitable<void> temporary_directory::remove() { return remove_directory(std::move(name_)); }

// The views are copied here: a coroutine begins later.
awaitable<temporary_file> make_temporary_file(std::filesystem::path in, temporary_options options) {
  return make_file(std::move(in), name_parts{options});
}

awaitable<temporary_directory> make_temporary_directory(std::filesystem::path in, temporary_options options) {
  return make_directory(std::move(in), name_parts{options});
}

}  // namespace bight::fs
