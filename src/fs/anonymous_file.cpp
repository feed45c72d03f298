#include <bight/fs/anonymous_file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "fs/detail/blocking.hpp"
#include "fs/detail/copy_bytes.hpp"
#include "fs/detail/file_state.hpp"
#include "fs/detail/replacement.hpp"
#include "fs/detail/unnamed.hpp"

namespace bight::fs {

using bight::detail::unique_fd;
using detail::fail;
using std::filesystem::path;

namespace {

constexpr const char* to_make = "make an anonymous file in";

// With a name that it loses at once, and nobody else's until then. The umask has its say when it is
// published, for then it is copied.
unique_fd open_nameless(const path& in, unsigned permissions) {
  while (true) {
    const auto name = in / detail::unlikely_name("bight-", "");
    constexpr mode_t private_mode = 0600;
    unique_fd made{::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, private_mode)};
    if (made) {
      if (::unlink(name.c_str()) != 0) fail(errno, to_make, in);
      if (::fchmod(made.get(), static_cast<mode_t>(permissions)) != 0) fail(errno, to_make, in);
      return made;
    }
    if (errno != EEXIST && errno != EINTR) fail(errno, to_make, in);
  }
}

// Returns false if it would be a link across file systems, or is to a file that lost its name.
bool publish_as_link(int fd, const path& to, const atomic_options& as) {
  try {
    detail::replacement made{to, as, detail::duplicate_of(fd, "publish", to)};
    made.finish();
    return true;
  } catch (const boost::system::system_error& e) {
    if (e.code().value() != EXDEV && e.code().value() != ENOENT) throw;
    return false;
  }
}

void publish_here(int fd, bool as_link, const path& to, const publish_options& options,
                  const std::stop_token& stop) {
  struct stat about {};
  if (::fstat(fd, &about) != 0) fail(errno, "publish", to);
  constexpr unsigned all_bits = 0777;
  const atomic_options as{
      .replace = options.replace, .sync = options.sync, .permissions = about.st_mode & all_bits};
  const auto target = detail::link_target(to);
  if (as_link && publish_as_link(fd, target, as)) return;
  detail::replacement made{target, as};
  if (::lseek(fd, 0, SEEK_SET) != 0) fail(errno, "publish", to);
  detail::copy_bytes(fd, made.descriptor(), to, stop);
  detail::throw_if_stopped(stop, "publish", to);
  made.finish();
}

awaitable<void> publish_it(detail::file_ptr f, bool as_link, path to, publish_options options) {
  {
    const detail::in_use use{f, "publish"};
    const auto job = [&](const std::stop_token& stop) {
      publish_here(f->fd.get(), as_link, to, options, stop);
    };
    co_await run_in_executor(detail::threads(), job);
  }
  auto all = detail::file_access::make(std::move(f));
  co_await all.close();
}

}  // namespace

awaitable<void> anonymous_file::publish(path to, publish_options options) {
  return publish_it(detail::file_access::state(file_), can_be_named_, std::move(to), options);
}

awaitable<anonymous_file> make_anonymous_file(path in, unsigned permissions) {
  auto state = std::make_shared<detail::file_state>();
  state->home = detail::service::here();
  in = detail::place_of_temporaries(std::move(in));
  bool as_link = false;
  const auto job = [&] {
    detail::require_no_nul(in, to_make);
    state->fd = detail::open_unnamed(in, permissions);
    as_link = state->fd && detail::can_be_named(state->fd.get());
    if (!state->fd) state->fd = open_nameless(in, permissions);
  };
  co_await run_in_executor(detail::threads(), job);
  state->path = in / "(anonymous)";
  co_return anonymous_file{detail::file_access::make(std::move(state)), as_link};
}

}  // namespace bight::fs
