// service_host: the supervision of its services.
#pragma once
#include <bight/core/activation.hpp>
#include <bight/core/awaitable.hpp>
#include <bight/core/event.hpp>
#include <bight/core/signals.hpp>
#include <bight/service/error.hpp>
#include <bight/service/host.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "service/record.hpp"

namespace bight {

class service_host::impl {
 public:
  using record = detail::service_record;

  explicit impl(service_host_options o) : options(std::move(o)) {}

  record& add(std::string name, std::unique_ptr<detail::service_base> s);
  awaitable<void> run();
  void request_stop(const std::string& why);
  awaitable<std::vector<service_status>> check();
  std::string dump() const;
  std::vector<activated_descriptor> descriptors(std::string_view name);

  service_host_options options;
  std::vector<std::unique_ptr<record>> services;
  std::function<void()> on_reload;
  std::function<void()> on_ready;
  event reload_requested;
  bool stopping = false;

 private:
  // Supervision, in supervise.cpp.
  awaitable<void> supervise(record& r);
  awaitable<void> run_until_it_ends(record& r);
  /// Starts and runs it once. Returns whether to start it again.
  awaitable<bool> run_once(record& r);
  bool run_has_ended(record& r, std::exception_ptr error, bool was_ready);
  clock::duration plan_restart(record& r);
  void become_ready(record& r);
  void fail(record& r, service_errc code, std::exception_ptr error, const std::string& details = {});

  // The stop, in stop.cpp.
  awaitable<void> stop_all();
  awaitable<void> stop_one(record& r);
  awaitable<void> ask_to_stop(record& r);
  void report_late(record& r);

  awaitable<void> run_services();
  awaitable<void> handle_signals(signals& received);
  awaitable<void> handle_reloads();
  awaitable<void> report_ready();
  awaitable<void> feed_watchdog();
  awaitable<health_status> health_of(record& r);
  awaitable<bool> watched_are_healthy();
  awaitable<void> report_stopping();
  void record_failure(std::exception_ptr error);

  std::map<std::string, std::vector<activated_descriptor>, std::less<>> passed_;
  std::vector<record*> order_;  // dependencies first
  event woken_;                 // a stop has been requested, or all have ended
  event all_ready_;             // have been, once
  std::size_t ended_ = 0;
  std::exception_ptr failure_;
  bool used_ = false;
  bool reported_ready_ = false;  // to the service manager
};

}  // namespace bight
