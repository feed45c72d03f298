// A service of a host: its options, state and task.
#pragma once
#include <bight/core/any_task.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/event.hpp>
#include <bight/service/detail/service_model.hpp>
#include <bight/service/host.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bight::detail {

struct service_record {
  // Options.
  std::string name;
  std::unique_ptr<service_base> service;
  service_shape shape;
  std::vector<std::string> depends_on;
  std::optional<restart_options> restart;
  clock::duration start_timeout{};
  clock::duration stop_timeout{};
  bool watchdog = false;

  // State.
  std::vector<service_record*> needs;       // what it depends on
  std::vector<service_record*> dependents;  // what depends on it
  service_state state = service_state::waiting;
  clock::time_point since;
  any_task task;
  event ready;
  event ended;
  bool stop_requested = false;
  unsigned restarts = 0;
  std::deque<clock::time_point> recent_restarts;
  std::string last_error;

  void enter(service_state next) noexcept {
    state = next;
    since = clock::now();
  }
  service_status status() const;
};

/// Connects the records by their dependencies. Returns them in an order in which each follows those that it
/// depends on. Errors: std::invalid_argument for unknown names and cycles.
std::vector<service_record*> resolve_dependencies(const std::vector<std::unique_ptr<service_record>>& all);

/// "1.5 s".
std::string seconds_text(clock::duration d);

}  // namespace bight::detail
