#include <bight/core/broadcast.hpp>

#include <fmt/format.h>
#include <stdexcept>

namespace bight {

lagged_error::lagged_error(std::uint64_t missed)
    : system_error(make_error_code(errc::lagged),
                   fmt::format("bight: broadcast: {} items were dropped", missed)),
      missed_(missed) {}

namespace detail {

void throw_second_subscriber_wait() {
  throw std::logic_error("bight: broadcast: another task is waiting in next() of this subscriber");
}

void require_broadcast_capacity(std::size_t capacity) {
  if (capacity == 0) throw std::invalid_argument("bight: broadcast: the capacity must be at least 1, not 0");
}

}  // namespace detail
}  // namespace bight
