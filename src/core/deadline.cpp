#include <bight/core/deadline.hpp>

namespace bight {

task_local<clock::time_point>& detail::ambient_deadline() {
  static task_local<clock::time_point> deadline{clock::time_point::max()};
  return deadline;
}

clock::time_point current_deadline() { return detail::ambient_deadline().get(); }

}  // namespace bight
