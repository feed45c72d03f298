// The ring of a build with BIGHT_WITH_LIBURING=OFF: there never is one.
#include <boost/system/system_error.hpp>
#include <cerrno>

#include "fs/detail/ring.hpp"

namespace bight::fs::detail {

struct ring::kernel {};

bool ring::built_in() noexcept { return false; }

ring::ring(bight::detail::loop_core& loop) : loop_(&loop) {
  throw boost::system::system_error(boost::system::error_code{ENOSYS, boost::system::system_category()},
                                    "bight was built without liburing (BIGHT_WITH_LIBURING=OFF)");
}
ring::~ring() = default;

void ring::start(ring_operation&) noexcept {}
bool ring::cancel(ring_operation&) noexcept { return true; }
void ring::abandon(ring_operation&) noexcept {}
void ring::run() noexcept {}
void ring::expired() noexcept {}

}  // namespace bight::fs::detail
