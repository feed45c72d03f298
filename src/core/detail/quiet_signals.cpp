#include "core/detail/quiet_signals.hpp"

#include <signal.h>
#include <bight/core/introspect.hpp>
#include <bight/core/log.hpp>

namespace bight::detail {

dumps_on_signal::dumps_on_signal(loop_impl& loop)
    : set_(loop, [](int) { log(log_level::warning, "bight: tasks:\n" + dump_tasks()); }) {
  set_.wait_for({SIGUSR1});
}

}  // namespace bight::detail
