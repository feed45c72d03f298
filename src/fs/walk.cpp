#include <bight/fs/walk.hpp>

#include <algorithm>
#include <bight/core/error.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "fs/detail/batched.hpp"
#include "fs/detail/service.hpp"
#include "fs/detail/tree_scan.hpp"

namespace bight::fs {

class walk::impl : public detail::batched<detail::tree_scan> {
 public:
  impl(std::filesystem::path directory, walk_options options)
      : batched("fs::walk", std::move(directory), options) {
    if (options.max_depth == 0) throw std::invalid_argument("bight: fs::walk: max_depth is 0");
    detail::require_depth("fs::walk", "max_open_directories", options.max_open_directories);
  }
};

walk::walk(std::filesystem::path directory, walk_options options)
    : impl_(std::make_shared<impl>(std::move(directory), options)) {}
walk::~walk() = default;
void walk::skip() { impl_->skip(); }
bool walk::take(std::optional<directory_entry>& entry) { return impl_->take(entry); }
awaitable<std::optional<directory_entry>> walk::read_on() { return impl::read_on(impl_); }

namespace {

std::vector<directory_entry> list_here(const std::filesystem::path& path, std::size_t limit) {
  constexpr std::size_t batch = 1024;
  std::vector<directory_entry> all;
  detail::tree_scan scan{path, {.max_depth = 1}};
  do {
    scan.read(all, batch);
    if (all.size() > limit)
      throw boost::system::system_error(
          make_error_code(errc::limit_exceeded),
          "bight: list directory '" + path.string() + "': more than " + std::to_string(limit) + " entries");
  } while (!scan.ended());
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.path.native() < b.path.native(); });
  return all;
}

}  // namespace

awaitable<std::vector<directory_entry>> list_directory(std::filesystem::path path, std::size_t limit) {
  const auto job = [&] { return list_here(path, limit); };
  co_return co_await run_in_executor(detail::threads(), job);
}

}  // namespace bight::fs
