#include <bight/fs/walk.hpp>

#include <algorithm>
#include <bight/core/error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

#include "fs/detail/busy.hpp"
#include "fs/detail/service.hpp"
#include "fs/detail/tree_scan.hpp"

namespace bight::fs {

class walk::impl {
 public:
  impl(std::filesystem::path directory, walk_options options) : scan_(std::move(directory), options) {
    constexpr unsigned deepest = 1000;
    if (options.max_depth == 0 || options.max_depth > deepest)
      throw std::invalid_argument("bight: fs::walk: max_depth is " + std::to_string(options.max_depth) +
                                  "; it may be 1 to 1000");
  }

  // True if the answer is known: an entry, or the end. Throws what was found after the last entry.
  bool take(std::optional<directory_entry>& entry) {
    busy_.require_idle("fs::walk");
    if (next_ != found_.size()) {
      entry.emplace(std::move(found_[next_++]));
      return true;
    }
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    return scan_.ended();
  }

  static awaitable<std::optional<directory_entry>> read_on(std::shared_ptr<impl> self) {
    std::optional<directory_entry> entry;
    while (!self->take(entry)) {
      const detail::busy_while at_work{self->busy_};
      self->found_.clear();
      self->next_ = 0;
      const auto job = [&] { self->read_batch(); };
      co_await run_in_executor(detail::threads(), job);
    }
    co_return entry;
  }

 private:
  void read_batch() noexcept {
    constexpr std::size_t batch = 256;
    try {
      scan_.read(found_, batch);
    } catch (...) { error_ = std::current_exception(); }
  }

  detail::tree_scan scan_;
  std::vector<directory_entry> found_;
  std::size_t next_ = 0;
  std::exception_ptr error_;
  detail::busy_flag busy_;
};

walk::walk(std::filesystem::path directory, walk_options options)
    : impl_(std::make_shared<impl>(std::move(directory), options)) {}
walk::~walk() = default;
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
