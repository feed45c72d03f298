#include <algorithm>
#include <bight/core/backoff.hpp>
#include <bight/core/cancel.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/timeout.hpp>
#include <utility>

#include "service/host_impl.hpp"

namespace bight {

namespace {

detail::service_record* missing_dependency(const detail::service_record& r) noexcept {
  const auto found = std::find_if(r.needs.begin(), r.needs.end(), [](auto* n) { return !n->ready.is_set(); });
  return found == r.needs.end() ? nullptr : *found;
}

awaitable<void> start_in_time(detail::service_record& r) {
  const bool in_time = co_await move_on_after(r.start_timeout, [&] { return r.service->start(); });
  if (!in_time) throw timeout_error("it is not ready after " + detail::seconds_text(r.start_timeout));
}

}  // namespace

// The task of a service, from the wait for its dependencies to its end.
awaitable<void> service_host::impl::supervise(record& r) {
  std::exception_ptr cancelled;
  try {
    co_await run_until_it_ends(r);
  } catch (const cancelled_error&) { cancelled = std::current_exception(); }
  r.ready.clear();
  if (cancelled) r.enter(service_state::stopped);
  if (r.state == service_state::completed) r.ready.set();
  log(log_level::info, "bight: service '" + r.name + "' " + std::string{to_string(r.state)});
  r.ended.set();
  if (++ended_ == services.size()) woken_.set();
  if (cancelled && !r.stop_requested) std::rethrow_exception(cancelled);  // the host has been cancelled
}

awaitable<void> service_host::impl::run_until_it_ends(record& r) {
  bool again = true;
  while (again) {
    r.enter(r.restarts == 0 ? service_state::waiting : service_state::restarting);
    while (auto* const n = missing_dependency(r)) co_await n->ready.wait();
    again = co_await run_once(r);
    if (again) co_await sleep(plan_restart(r));
  }
}

awaitable<bool> service_host::impl::run_once(record& r) {
  std::exception_ptr error;
  bool was_ready = false;
  try {
    r.enter(service_state::starting);
    if (r.shape.start) co_await start_in_time(r);
    was_ready = true;
    if (!r.shape.one_shot) become_ready(r);
    co_await r.service->run();
  } catch (const cancelled_error&) {
    if (this_task::cancelling() != 0) throw;
    error = std::current_exception();  // of something that the service awaited
  } catch (...) { error = std::current_exception(); }
  r.ready.clear();
  co_return run_has_ended(r, error, was_ready);
}

bool service_host::impl::run_has_ended(record& r, std::exception_ptr error, bool was_ready) {
  if (error) r.last_error = describe(error);
  if (r.stop_requested) {
    r.enter(error ? service_state::failed : service_state::stopped);
    if (error) fail(r, service_errc::stop_failed, error);
    return false;
  }
  if (!error && r.shape.one_shot) {
    r.enter(service_state::completed);
    become_ready(r);
    return false;
  }
  auto code = error ? service_errc::failed : service_errc::ended;
  if (!was_ready) code = service_errc::start_failed;
  if (!error) r.last_error = "ended by itself";
  if (!r.restart) {
    fail(r, code, error);
    return false;
  }
  const auto& limit = *r.restart;
  auto& recent = r.recent_restarts;
  const auto now = clock::now();
  while (!recent.empty() && now - recent.front() >= limit.window) recent.pop_front();
  if (recent.size() < limit.max_restarts) return true;
  fail(r, code, error,
       "with " + std::to_string(recent.size()) + " restarts within " + detail::seconds_text(limit.window));
  return false;
}

// Only so many restarts are kept as the limit and the growth of the delay need.
clock::duration service_host::impl::plan_restart(record& r) {
  constexpr std::size_t enough = 64;
  const auto& limit = *r.restart;
  auto& recent = r.recent_restarts;
  recent.push_back(clock::now());
  if (recent.size() > std::max<std::size_t>(
                          enough, limit.max_restarts == restart_options::unlimited ? 0 : limit.max_restarts))
    recent.pop_front();
  ++r.restarts;
  r.enter(service_state::restarting);
  backoff delays{limit.delay, limit.max_delay};
  delays.jitter(limit.jitter);
  const auto delay = delays.delay(static_cast<unsigned>(std::min(recent.size(), enough)));
  log(log_level::warning, "bight: service '" + r.name + "' failed: " + r.last_error +
                              "; it is started again in " + detail::seconds_text(delay));
  return delay;
}

void service_host::impl::become_ready(record& r) {
  if (r.state != service_state::completed) r.enter(service_state::running);
  r.ready.set();
  log(log_level::info, "bight: service '" + r.name + "' is ready");
  const bool all =
      std::all_of(services.begin(), services.end(), [](const auto& s) { return s->ready.is_set(); });
  if (all) all_ready_.set();
}

void service_host::impl::fail(record& r, service_errc code, std::exception_ptr error,
                              const std::string& details) {
  r.enter(service_state::failed);
  const auto failure = std::make_exception_ptr(service_error(code, r.name, std::move(error), details));
  log(log_level::error, "bight: " + describe(failure));
  // A supervised service that fails on the way out has not lost more than at any other time.
  if (code == service_errc::stop_failed && r.restart) return;
  record_failure(failure);
  request_stop("a service has failed");
}

void service_host::impl::record_failure(std::exception_ptr error) {
  if (!failure_) failure_ = std::move(error);
}

}  // namespace bight
