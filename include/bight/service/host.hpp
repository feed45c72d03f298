// service_host: starts, supervises and stops the services of a program.
#pragma once
#include <bight/core/activation.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/pimpl.hpp>
#include <bight/service/detail/service_model.hpp>
#include <bight/service/error.hpp>
#include <bight/service/notifier.hpp>
#include <bight/service/service.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace bight {

namespace detail {
struct service_record;
}

/// When and how often a failed service is started again. Trivially copyable.
struct restart_options {
  /// Restarts allowed within `window`; a failure beyond them ends the program. `unlimited` never does.
  unsigned max_restarts = 5;
  clock::duration window = std::chrono::minutes{1};
  /// The delay before the first restart within the window; it doubles with each further one.
  clock::duration delay = std::chrono::milliseconds{100};
  clock::duration max_delay = std::chrono::seconds{10};
  /// The random share of a delay, 0 to 1.
  double jitter = 0.5;

  static constexpr unsigned unlimited = 0xffff'ffff;
};

enum class service_state : std::uint8_t {
  waiting,     ///< For the services that it depends on.
  starting,    ///< In `start`.
  running,     ///< Ready. A one-shot service is not ready until it has completed.
  restarting,  ///< It has failed and will be started again.
  stopping,
  completed,  ///< A one-shot service that has returned.
  stopped,
  failed,
};
std::string_view to_string(service_state state) noexcept;

/// The state of a service.
class service_status {
 public:
  std::string name;
  service_state state = service_state::waiting;
  clock::time_point since;  ///< The begin of that state.
  unsigned restarts = 0;    ///< So far.
  std::string last_error;   ///< Of its last failure; empty if it never failed.
  std::vector<std::string> depends_on;
  bool one_shot = false;
  /// The result of `health`; only in what service_host::check returns. A service that is not ready is
  /// unhealthy.
  health_status health;

  /// Running, or completed.
  bool ready() const noexcept;
};

/// Options of a service_host. Not an aggregate, so that it is safe in co_await expressions.
class service_host_options {
 public:
  service_host_options() {}

  clock::duration start_timeout = std::chrono::seconds{30};  ///< Of services, unless they have their own.
  clock::duration stop_timeout = std::chrono::seconds{30};   ///< Likewise.
  clock::duration health_timeout = std::chrono::seconds{5};  ///< Of a call of `health`.
  /// SIGTERM and SIGINT stop, SIGHUP reloads. A second SIGTERM or SIGINT ends the process immediately.
  bool handle_signals = true;
  service_notifier notifier;  ///< The service manager; by default the one of the environment.
};

/// A service that has been added to a host, to set its options. A cheap handle; must not outlive the host.
class service_entry {
 public:
  /// This service starts when those are ready, and is stopped before them. One-shot services are ready when
  /// they have completed. Names may be added to the host later.
  template <class... Names>
  service_entry& depends_on(const Names&... names) {
    (add_dependency(names), ...);
    return *this;
  }
  /// Starts the service again if it fails, also if it fails to start. Default: the failure of a service stops
  /// all others and ends service_host::run. Services that depend on it are not restarted.
  service_entry& restart(const restart_options& options = {});
  /// `run` is expected to return by itself.
  service_entry& one_shot(bool yes = true);
  /// The time allowed for `start`.
  service_entry& start_timeout(clock::duration limit);
  /// The time from the stop of the service until it is cancelled.
  service_entry& stop_timeout(clock::duration limit);
  /// The watchdog of the service manager is not fed while this service is unhealthy. Without such services,
  /// it is fed as long as the loop runs.
  service_entry& watchdog(bool yes = true);

 private:
  friend class service_host;
  explicit service_entry(detail::service_record& r) noexcept : record_(&r) {}
  void add_dependency(std::string_view name);

  detail::service_record* record_;
};

/// Runs the services of a program: starts them in order of their dependencies, supervises them, and stops
/// them gracefully in reverse order.
///
///     bight::awaitable<void> program() {
///       bight::service_host host;
///       host.add("store", std::ref(store));
///       host.add("migrate", migrate).one_shot().depends_on("store");
///       host.add("worker", worker{}).depends_on("migrate").restart();
///       host.add("web", bight::as_service(server, open)).depends_on("worker");
///       co_await host.run();
///     }
///     int main() { return bight::run_main(program); }
///
/// Services that do not depend on each other start and stop concurrently. systemd units with Type=notify,
/// WatchdogSec= and ExecReload= work: see service_notifier. Messages go to the log: starts and stops as
/// `info`, restarts as `warning`, other failures as `error`. Concurrency: one loop, to which all services
/// belong; a server on several loops is one service (see `sharded`). Lifetime: must outlive `run`.
class service_host {
 public:
  explicit service_host(service_host_options options = {});
  service_host(const service_host&) = delete;
  service_host& operator=(const service_host&) = delete;
  ~service_host();

  /// Adds a service: an object with the members of the concept `service`, or a function that returns an
  /// awaitable<void>; stored by value, by smart pointer, or by std::ref. Errors: std::invalid_argument if the
  /// name is empty or in use; std::logic_error during `run`.
  template <class S>
    requires detail::addable_service<S>
  service_entry add(std::string name, S&& s) {
    return add_model(std::move(name),
                     std::make_unique<detail::service_model<std::decay_t<S>>>(std::forward<S>(s)));
  }
  template <class S>
    requires detail::named_service<S>
  service_entry add(S&& s) {
    std::decay_t<S> stored(std::forward<S>(s));
    std::string name = detail::service_object(stored).name();
    return add(std::move(name), std::move(stored));
  }
  /// Called by SIGHUP and `reload`, before the services' own `reload`.
  void on_reload(std::function<void()> f);
  /// Called once, when all services are ready for the first time.
  void on_ready(std::function<void()> f);

  /// Runs until a signal, `stop`, or all services have completed; returns when all have ended. Once.
  /// Cancellation: cancels all services at once and waits for them. Errors: service_error for the first
  /// service that failed, after the others have been stopped; std::invalid_argument for unknown names and
  /// cycles in `depends_on`.
  awaitable<void> run();
  /// Stops as SIGTERM does. Returns immediately.
  void stop();
  /// Reloads as SIGHUP does. Returns immediately.
  void reload();
  /// Whether `stop` or a signal has been received, or a service has failed.
  bool stopping() const noexcept;
  /// Whether all services are ready.
  bool ready() const noexcept;
  /// The state of all services, in the order in which they were added.
  std::vector<service_status> status() const;
  /// Same, with the results of their `health`, called concurrently. A call that throws or takes longer than
  /// health_timeout means unhealthy.
  awaitable<std::vector<service_status>> check();
  /// The services, and the tasks of each (see bight::dump_tasks).
  std::string dump_tasks() const;
  /// Duplicates of the descriptors that the service manager passes under that name
  /// (FileDescriptorName=), which services can take at each start:
  /// `net::listener::from_descriptor(host.descriptors("web").at(0).release())`. The host keeps the originals.
  std::vector<activated_descriptor> descriptors(std::string_view name);

 private:
  class impl;
  service_entry add_model(std::string name, std::unique_ptr<detail::service_base> s);

  detail::pimpl<impl> impl_;
};

}  // namespace bight
