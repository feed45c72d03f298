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

using detail::known_folders;

namespace {

[[noreturn]] void fail_limit(const std::filesystem::path& path, std::size_t limit) {
  throw boost::system::system_error(
      make_error_code(errc::limit_exceeded),
      "bight: read '" + path.string() + "': more than " + std::to_string(limit) + " bytes");
}

// A file that is read: as much as possible by the loop, the rest by a thread.
class whole_file {
 public:
  whole_file(const std::filesystem::path& path, std::size_t limit) : path_(path), limit_(limit) {}

  // True if it is all there. Errors are left to the thread.
  bool read_now(detail::service& home);
  void read_here(const std::stop_token& stop);
  // What a thread has found out.
  void teach(detail::service& home) const { home.folders.remember(path_, judgement_); }
  std::string take() { return std::move(all_); }

 private:
  void open_here();

  const std::filesystem::path& path_;
  const std::size_t limit_;
  bight::detail::unique_fd fd_;
  struct stat about_ {};
  std::string all_;
  bool judge_ = false;
  known_folders::probe_result judgement_;
};

bool whole_file::read_now(detail::service& home) {
  constexpr int as_many_awaits = 15;
  if (home.inline_reads) fd_ = home.folders.open_cached(path_, about_);
  judge_ = !fd_ && home.folders.of(path_) == known_folders::speed::unknown;
  if (!fd_) return false;
  const auto expected = static_cast<std::size_t>(about_.st_size);
  if (expected > limit_ || expected == 0 || expected >= detail::largest_inline) return false;
  all_.resize(expected + 1);  // one more, to see the end
  std::size_t filled = 0;
  while (filled != expected) {
    const auto rest = std::as_writable_bytes(std::span{all_}).subspan(filled);
    const long n = detail::read_cached(home, fd_.get(), filled, rest);
    if (n <= 0) return false;
    filled += static_cast<std::size_t>(n);
  }
  if (filled > expected) return false;  // it grows
  all_.resize(filled);
  fd_ = {};
  detail::charge(*home.loop(), filled, as_many_awaits);
  return true;
}

void whole_file::open_here() {
  if (fd_) return;
  fd_ = detail::open_briefly(path_, O_RDONLY, 0, about_);
  if (judge_) judgement_ = known_folders::probe(path_, fd_.get(), about_);
}

void whole_file::read_here(const std::stop_token& stop) {
  constexpr std::uint64_t first_piece = 4096;
  open_here();
  const auto expected = static_cast<std::uint64_t>(about_.st_size);
  if (expected > limit_) fail_limit(path_, limit_);
  // One more than may come, to see that it does not. Files of /proc have no size to rely on.
  const auto most = std::max(limit_, limit_ + 1);
  all_.resize(expected == 0 ? std::min<std::uint64_t>(most, first_piece) : expected + 1);
  std::size_t filled = 0;
  while (true) {
    detail::throw_if_stopped(stop, "read", path_);
    const auto n =
        detail::read_from(fd_.get(), std::as_writable_bytes(std::span{all_}).subspan(filled), path_);
    if (n == 0) break;
    filled += n;
    if (filled > limit_) fail_limit(path_, limit_);
    if (filled == all_.size()) all_.resize(std::min(2 * all_.size(), most));
  }
  all_.resize(filled);
  fd_ = {};
}

}  // namespace

awaitable<std::string> read_file(std::filesystem::path path, std::size_t limit) {
  const auto home = detail::service::here();
  whole_file file{path, limit};
  const bool now = file.read_now(*home);
  if (!now) {
    const auto job = [&](const std::stop_token& stop) { file.read_here(stop); };
    co_await run_in_executor(detail::threads(), job);
    file.teach(*home);
  }
  co_return file.take();
}

}  // namespace bight::fs
