#include <bight/core/detail/shared_getter.hpp>

#include <stdexcept>

#include "core/detail/loop_impl.hpp"

namespace bight::detail {

void send_home(std::shared_ptr<shared_getter> getter) noexcept {
  if (!getter) return;
  const auto home = getter->home;
  send(*home, std::move(getter));
}

void forbid_blocking_here() {
  if (this_loop)
    throw std::logic_error("bight: shared_queue::put would block the loop of this thread: use try_put");
}

}  // namespace bight::detail
