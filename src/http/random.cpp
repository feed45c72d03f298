#include "http/random.hpp"

#include <sys/random.h>

#include <boost/system/system_error.hpp>
#include <cerrno>

#include "http/hex.hpp"

namespace bight::http {

void fill_random(std::span<char> out) {
  for (std::size_t filled = 0; filled != out.size();) {
    const ssize_t n = ::getrandom(out.data() + filled, out.size() - filled, 0);
    if (n < 0 && errno != EINTR)
      throw boost::system::system_error(errno, boost::system::system_category(), "getrandom");
    if (n > 0) filled += static_cast<std::size_t>(n);
  }
}

std::string random_hex(std::size_t bytes) {
  std::string raw(bytes, '\0');
  fill_random(raw);
  return to_hex(raw);
}

}  // namespace bight::http
