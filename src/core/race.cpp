#include <bight/core/race.hpp>

#include "core/detail/failures.hpp"

namespace bight::detail {

void late_failed() noexcept {
  report_failure(require_loop(), "race: what came late", nullptr, std::current_exception());
}

}  // namespace bight::detail
