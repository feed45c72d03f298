#include "http/random.hpp"

#include <sys/random.h>

#include <boost/system/system_error.hpp>
#include <cerrno>

#include "http/hex.hpp"

namespace bight::http {

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  for (std::size_t filled = 0; filled != bytes;) {
    const ssize_t n = ::getrandom(raw.data() + filled, bytes - filled, 0);
    if (n < 0 && errno != EINTR)
      throw boost::system::system_error(errno, boost::system::system_category(), "getrandom");
    if (n > 0) filled += static_cast<std::size_t>(n);
  }
  return to_hex(raw);
}

}  // namespace bight::http
