#include <bight/core/cancel.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/introspect.hpp>
#include <bight/core/log.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <chrono>

#include "service/host_impl.hpp"

namespace bight {

awaitable<void> service_host::impl::stop_all() {
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (const auto& r : services)
      if (!r->ended.is_set()) group.spawn(named("stop " + r->name, [this, &s = *r] { return stop_one(s); }));
    co_return;
  });
}

// After everything that depends on it.
awaitable<void> service_host::impl::stop_one(record& r) {
  constexpr std::chrono::seconds report_interval{10};
  for (auto* const d : r.dependents) co_await d->ended.wait();
  if (r.ended.is_set()) co_return;
  const auto in_time = co_await move_on_after(r.stop_timeout, [&] { return ask_to_stop(r); });
  if (in_time) co_return;
  report_late(r);
  r.task.cancel();
  bool ended = r.ended.is_set();
  while (!ended) {
    ended = co_await move_on_after(report_interval, [&] { return r.ended.wait(); });
    if (!ended)
      log(log_level::error, "bight: service '" + r.name +
                                "' has been cancelled and still runs; its tasks:\n" +
                                bight::dump_tasks(r.task));
  }
}

awaitable<void> service_host::impl::ask_to_stop(record& r) {
  const bool asks = r.state == service_state::running && r.shape.stop;
  r.stop_requested = true;
  if (asks) {
    r.enter(service_state::stopping);
    std::exception_ptr error;
    try {
      co_await r.service->stop();
    } catch (const cancelled_error&) { throw; } catch (...) {
      error = std::current_exception();
    }
    if (error) {
      log(log_level::error,
          "bight: service '" + r.name + "' is cancelled, since its stop failed: " + describe(error));
      r.task.cancel();
    }
  } else {
    r.enter(service_state::stopping);
    r.task.cancel();
  }
  co_await r.ended.wait();
}

void service_host::impl::report_late(record& r) {
  std::string left;
  try {
    left = r.service->unfinished();
  } catch (...) { left = "unknown: " + describe(std::current_exception()); }
  const auto limit = "within " + detail::seconds_text(r.stop_timeout);
  const auto late = std::make_exception_ptr(service_error(
      service_errc::not_stopped, r.name, nullptr, left.empty() ? limit : limit + "; unfinished: " + left));
  log(log_level::error,
      "bight: " + describe(late) + "; it is cancelled; its tasks:\n" + bight::dump_tasks(r.task));
  record_failure(late);
}

}  // namespace bight
