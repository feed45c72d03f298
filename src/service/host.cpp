#include <bight/service/host.hpp>

#include <fcntl.h>
#include <signal.h>

#include <algorithm>
#include <bight/core/backoff.hpp>
#include <bight/core/cancel.hpp>
#include <bight/core/exception_group.hpp>
#include <bight/core/gather.hpp>
#include <bight/core/introspect.hpp>
#include <bight/core/log.hpp>
#include <bight/core/sleep.hpp>
#include <bight/core/spawn_options.hpp>
#include <bight/core/task_group.hpp>
#include <bight/core/timeout.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <stdexcept>

#include "service/host_impl.hpp"

namespace bight {

// ---- entries ----------------------------------------------------------------------------------------

void service_entry::add_dependency(std::string_view name) { record_->depends_on.emplace_back(name); }

service_entry& service_entry::restart(const restart_options& options) {
  const backoff check{options.delay, options.max_delay};  // throws for settings that make no sense
  record_->restart = options;
  return *this;
}
service_entry& service_entry::one_shot(bool yes) {
  record_->shape.one_shot = yes;
  return *this;
}
service_entry& service_entry::start_timeout(clock::duration limit) {
  record_->start_timeout = limit;
  return *this;
}
service_entry& service_entry::stop_timeout(clock::duration limit) {
  record_->stop_timeout = limit;
  return *this;
}
service_entry& service_entry::watchdog(bool yes) {
  record_->watchdog = yes;
  return *this;
}

service_host::impl::record& service_host::impl::add(std::string name,
                                                    std::unique_ptr<detail::service_base> s) {
  if (used_) throw std::logic_error("bight: service_host::add('" + name + "') after run()");
  if (name.empty()) throw std::invalid_argument("bight: a service needs a name");
  for (const auto& r : services)
    if (r->name == name) throw std::invalid_argument("bight: there are two services '" + name + "'");
  auto& r = *services.emplace_back(std::make_unique<record>());
  r.name = std::move(name);
  r.shape = s->shape();
  r.service = std::move(s);
  r.start_timeout = options.start_timeout;
  r.stop_timeout = options.stop_timeout;
  r.since = clock::now();
  return r;
}

// ---- run ----------------------------------------------------------------------------------------------

awaitable<void> service_host::impl::run() {
  if (std::exchange(used_, true)) throw std::logic_error("bight: service_host::run() was called twice");
  order_ = detail::resolve_dependencies(services);
  std::optional<signals> received;
  if (options.handle_signals) received.emplace(std::initializer_list<int>{SIGTERM, SIGINT, SIGHUP});
  co_await task_group::run([&](task_group& helpers) -> awaitable<void> {
    if (received) helpers.spawn(named("signals of the host", [&] { return handle_signals(*received); }));
    helpers.spawn(named("reloads of the host", [this] { return handle_reloads(); }));
    helpers.spawn(named("readiness of the host", [this] { return report_ready(); }));
    if (options.notifier.connected() && options.notifier.watchdog())
      helpers.spawn(named("watchdog of the host", [this] { return feed_watchdog(); }));
    co_await run_services();
    helpers.cancel();
  });
  if (failure_) std::rethrow_exception(failure_);
}

awaitable<void> service_host::impl::run_services() {
  co_await task_group::run([&](task_group& group) -> awaitable<void> {
    for (const auto& r : services)
      r->task = group.spawn(named(r->name, [this, &s = *r] { return supervise(s); }));
    if (services.empty()) co_return;
    co_await woken_.wait();
    if (ended_ == services.size()) co_return;
    co_await report_stopping();
    co_await stop_all();
  });
}

void service_host::impl::request_stop(const std::string& why) {
  if (std::exchange(stopping, true)) return;
  log(log_level::info, "bight: stopping: " + why);
  woken_.set();
}

awaitable<void> service_host::impl::handle_signals(signals& received) {
  bool first = true;
  while (true) {
    const int number = co_await received.next();
    if (number == SIGHUP) {
      reload_requested.set();
    } else if (std::exchange(first, false)) {
      request_stop(number == SIGTERM ? "SIGTERM" : "SIGINT");
    } else {
      std::_Exit(128 + number);
    }
  }
}

awaitable<void> service_host::impl::handle_reloads() {
  while (true) {
    co_await reload_requested.wait();
    reload_requested.clear();
    log(log_level::info, "bight: reloading");
    // READY=1 at its end must not say that a program is ready which has not been yet, or is stopping.
    const bool told = reported_ready_ && !stopping;
    if (told) co_await options.notifier.send_reloading();
    try {
      if (on_reload) on_reload();
    } catch (...) {
      log(log_level::error, "bight: the reload failed: " + describe(std::current_exception()));
    }
    for (auto* const r : order_) {
      if (r->state != service_state::running || !r->shape.reload) continue;
      std::exception_ptr error;
      try {
        co_await r->service->reload();
      } catch (const cancelled_error&) { throw; } catch (...) {
        error = std::current_exception();
      }
      if (error)
        log(log_level::error, "bight: service '" + r->name + "' could not be reloaded: " + describe(error));
    }
    if (told && !stopping) co_await options.notifier.send("READY=1");
  }
}

awaitable<void> service_host::impl::report_ready() {
  co_await all_ready_.wait();
  const auto count = std::to_string(services.size());
  log(log_level::info, "bight: ready, with " + count + (services.size() == 1 ? " service" : " services"));
  try {
    if (on_ready) on_ready();
  } catch (...) {
    record_failure(std::current_exception());
    request_stop("on_ready failed");
    co_return;
  }
  reported_ready_ = true;
  co_await options.notifier.send("READY=1\nSTATUS=running");
}

awaitable<void> service_host::impl::report_stopping() {
  stopping = true;
  co_await options.notifier.send("STOPPING=1\nSTATUS=stopping");
}

// ---- health -------------------------------------------------------------------------------------------

awaitable<void> service_host::impl::feed_watchdog() {
  const auto interval = *options.notifier.watchdog() / 2;
  bool fed = true;
  while (true) {
    const auto next = clock::now() + interval;
    const auto checked = co_await move_on_after(interval, [this] { return watched_are_healthy(); });
    const bool healthy = checked.value_or(false);
    if (healthy) co_await options.notifier.send("WATCHDOG=1");
    if (!healthy && fed)
      log(log_level::error, "bight: the watchdog is not fed, since a service is unhealthy");
    fed = healthy;
    co_await sleep_until(next);
  }
}

awaitable<bool> service_host::impl::watched_are_healthy() {
  for (const auto& r : services) {
    if (!r->watchdog || r->state != service_state::running) continue;
    const auto health = co_await health_of(*r);
    if (!health.healthy()) co_return false;
  }
  co_return true;
}

awaitable<health_status> service_host::impl::health_of(record& r) {
  if (!r.status().ready()) {
    auto text = std::string{to_string(r.state)};
    if (!r.last_error.empty()) text += ": " + r.last_error;
    co_return health_status{std::move(text)};
  }
  if (!r.shape.health || r.state == service_state::completed) co_return health_status{};
  std::string reason;
  try {
    auto found = co_await timeout(options.health_timeout, [&] { return r.service->health(); });
    co_return found;
  } catch (const cancelled_error&) { throw; } catch (...) {
    reason = describe(std::current_exception());
  }
  co_return health_status{std::move(reason)};
}

awaitable<std::vector<service_status>> service_host::impl::check() {
  std::vector<awaitable<health_status>> calls;
  for (const auto& r : services) calls.push_back(health_of(*r));
  auto health = co_await gather(std::move(calls));
  std::vector<service_status> all;
  for (std::size_t i = 0; i != services.size(); ++i) {
    all.push_back(services[i]->status());
    all.back().health = std::move(health[i]);
  }
  co_return all;
}

std::string service_host::impl::dump() const {
  std::string out;
  for (const auto& r : services) {
    out += r->name + ": " + std::string{to_string(r->state)};
    if (r->restarts != 0) out += ", " + std::to_string(r->restarts) + " restarts";
    if (!r->last_error.empty()) out += ", last error: " + r->last_error;
    out += '\n';
    const auto tree = r->task.valid() ? bight::dump_tasks(r->task) : std::string{};
    if (!tree.empty()) out += tree + '\n';
  }
  return out;
}

std::vector<activated_descriptor> service_host::impl::descriptors(std::string_view name) {
  auto known = passed_.find(name);
  if (known == passed_.end())
    known = passed_.emplace(std::string{name}, take_activated_descriptors(name)).first;
  std::vector<activated_descriptor> copies;
  for (const auto& d : known->second) {
    detail::unique_fd copy{::fcntl(d.get(), F_DUPFD_CLOEXEC, 3)};
    if (!copy)
      throw boost::system::system_error(boost::system::error_code{errno, boost::system::system_category()},
                                        "bight: a duplicate of the descriptor '" + d.name() + "'");
    copies.emplace_back(std::move(copy), d.name());
  }
  return copies;
}

// ---- the public class ----------------------------------------------------------------------------------

service_host::service_host(service_host_options options) : impl_(new impl(std::move(options))) {}
service_host::~service_host() = default;

service_entry service_host::add_model(std::string name, std::unique_ptr<detail::service_base> s) {
  return service_entry{impl_->add(std::move(name), std::move(s))};
}
void service_host::on_reload(std::function<void()> f) { impl_->on_reload = std::move(f); }
void service_host::on_ready(std::function<void()> f) { impl_->on_ready = std::move(f); }
awaitable<void> service_host::run() { return impl_->run(); }
void service_host::stop() { impl_->request_stop("stop() was called"); }
void service_host::reload() { impl_->reload_requested.set(); }
bool service_host::stopping() const noexcept { return impl_->stopping; }
bool service_host::ready() const noexcept {
  return std::all_of(impl_->services.begin(), impl_->services.end(),
                     [](const auto& r) { return r->ready.is_set(); });
}
std::vector<service_status> service_host::status() const {
  std::vector<service_status> all;
  for (const auto& r : impl_->services) all.push_back(r->status());
  return all;
}
awaitable<std::vector<service_status>> service_host::check() { return impl_->check(); }
std::string service_host::dump_tasks() const { return impl_->dump(); }
std::vector<activated_descriptor> service_host::descriptors(std::string_view name) {
  return impl_->descriptors(name);
}

}  // namespace bight
