#include "fs/detail/directory_stream.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <bight/core/error.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <string_view>

#include "fs/detail/kinds.hpp"

namespace bight::fs::detail {

directory_stream::directory_stream(bight::detail::unique_fd fd) noexcept : directory_(::fdopendir(fd.get())) {
  if (directory_) fd.release();
}

bool directory_stream::next(item& to) noexcept {
  while (true) {
    errno = 0;
    const auto* const found = ::readdir(directory_.get());
    error_ = errno;
    if (!found) return false;
    const std::string_view name = found->d_name;
    if (name == "." || name == "..") continue;
    to = {found->d_name, kind_of_mode(static_cast<unsigned>(DTTOIF(found->d_type)))};
    if (found->d_type != DT_UNKNOWN) return true;
    struct stat about {};
    if (::fstatat(descriptor(), found->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0) continue;
    to.kind = kind_of_mode(about.st_mode);
    return true;
  }
}

void fail_depth(const std::string& what, unsigned limit, const std::filesystem::path& where) {
  throw boost::system::system_error(make_error_code(errc::limit_exceeded),
                                    "bight: " + what + ": more than " + std::to_string(limit) +
                                        " directories deep at '" + where.string() + '\'');
}

}  // namespace bight::fs::detail
