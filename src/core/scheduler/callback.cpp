#include <bight/core/detail/callback.hpp>

#include "core/scheduler/loop_impl.hpp"
#include "core/scheduler/step_timer.hpp"

namespace bight::detail {

void callback::call_soon() {
  state_ = state::ready;
  home()->push(*this);
}

void callback::call_at(clock::time_point when) {
  when_ = when;
  try {
    home()->timers.add(*this, when);
  } catch (...) {
    release();
    throw;
  }
}

void callback::expired() noexcept { call_soon(); }

void callback::run() noexcept {
  if (state_ == state::ready) {
    state_ = state::called;
    {
      const values_scope mine{values_};
      call_and_log(*detail::this_loop, "a callback", [this] { call(); });
      drop();
    }
    values_.reset();
  }
  release();
}

void callback::cancel() noexcept {
  if (home() && is_wrong_thread(*home(), "a callback is cancelled")) return;
  if (state_ != state::waiting && state_ != state::ready) return;
  const bool on_ready_list = std::exchange(state_, state::cancelled) == state::ready;
  drop();
  if (!home() || on_ready_list) return;  // the ready list lets it go in its turn
  home()->timers.remove(*this);
  release();
}

void callback::loop_closing() noexcept {
  if (state_ == state::called) return;
  drop();
  release();
}

}  // namespace bight::detail
