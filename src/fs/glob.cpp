#include <bight/fs/glob.hpp>

#include <algorithm>
#include <bight/core/error.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <utility>

#include "fs/detail/batched.hpp"
#include "fs/detail/glob_scan.hpp"

namespace bight::fs {
namespace {

using boost::system::system_error;

// The pattern as a message shows it.
std::string about_pattern(const std::string& pattern) {
  constexpr std::size_t shown = 200;
  return "bight: glob '" + (pattern.size() > shown ? pattern.substr(0, shown) + "..." : pattern) + "': ";
}

[[noreturn]] void fail_limit(const std::string& pattern, const std::string& what) {
  throw system_error(make_error_code(errc::limit_exceeded), about_pattern(pattern) + what);
}

std::string checked(std::string pattern, const glob_options& options) {
  detail::require_depth("fs::glob", "max_depth", options.max_depth);
  if (pattern.size() > options.max_pattern)
    fail_limit(pattern, "it has " + std::to_string(pattern.size()) + " bytes; max_pattern is " +
                            std::to_string(options.max_pattern));
  const auto zero = pattern.find('\0');
  if (zero != pattern.npos)
    throw system_error(boost::system::error_code{EINVAL, boost::system::system_category()},
                       about_pattern(pattern.substr(0, zero)) + "a null byte at " + std::to_string(zero));
  const detail::glob_pattern parsed{pattern};
  const auto& parts = parsed.parts();
  if (parts.size() > options.max_parts)
    fail_limit(pattern, "more than " + std::to_string(options.max_parts) + " parts, the next one at byte " +
                            std::to_string(parts[options.max_parts].place()));
  return pattern;
}

}  // namespace

class glob::impl : public detail::batched<detail::glob_scan> {
 public:
  impl(std::string pattern, std::filesystem::path root, const glob_options& options)
      : batched("fs::glob", checked(std::move(pattern), options), std::move(root), options) {}
};

glob::glob(std::string pattern, std::filesystem::path root, const glob_options& options)
    : impl_(std::make_shared<impl>(std::move(pattern), std::move(root), options)) {}
glob::~glob() = default;
bool glob::take(std::optional<directory_entry>& entry) { return impl_->take(entry); }
awaitable<std::optional<directory_entry>> glob::read_on() { return impl::read_on(impl_); }

awaitable<std::vector<std::filesystem::path>> glob_all(std::string pattern, std::filesystem::path root,
                                                       glob_options options) {
  std::vector<std::filesystem::path> all;
  glob search{pattern, std::move(root), options};
  auto found = co_await search.next();
  while (found) {
    if (all.size() == options.max_results)
      fail_limit(pattern, "more than " + std::to_string(options.max_results) + " results");
    all.push_back(std::move(found->path));
    found = co_await search.next();
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.native() < b.native(); });
  co_return all;
}

}  // namespace bight::fs
