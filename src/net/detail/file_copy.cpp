#include "net/detail/file_copy.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cerrno>

namespace bight::net::detail {
namespace {
constexpr std::uint64_t piece = 64 * 1024;
}

file_copy::file_copy(int file, std::uint64_t offset, std::uint64_t count)
    : file_(file), offset_(offset), count_(count), buffer_(std::min(piece, count)) {}

bool file_copy::read() {
  filled_ = 0;
  if (done_ == count_) return false;
  const auto wanted = std::min<std::uint64_t>(buffer_.size(), count_ - done_);
  ssize_t n = 0;
  do {
    n = ::pread(file_, buffer_.data(), wanted, static_cast<off_t>(offset_ + done_));
  } while (n < 0 && errno == EINTR);
  if (n < 0) {
    const boost::system::error_code error{errno, boost::system::system_category()};
    throw boost::system::system_error(error, "send_file");
  }
  filled_ = static_cast<std::size_t>(n);
  done_ += filled_;
  return filled_ != 0;
}

}  // namespace bight::net::detail
