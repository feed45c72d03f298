#include <bight/core/settled.hpp>

namespace bight::detail {

void require_not_cancelled(task_base& t, const char* doing) {
  if (t.cancel_due()) throw t.take_cancel(doing);
}

}  // namespace bight::detail
