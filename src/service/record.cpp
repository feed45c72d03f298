#include "service/record.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <unordered_map>

namespace bight {

std::string_view to_string(service_state state) noexcept {
  switch (state) {
    case service_state::waiting:
      return "waiting";
    case service_state::starting:
      return "starting";
    case service_state::running:
      return "running";
    case service_state::restarting:
      return "restarting";
    case service_state::stopping:
      return "stopping";
    case service_state::completed:
      return "completed";
    case service_state::stopped:
      return "stopped";
    case service_state::failed:
      return "failed";
  }
  return "unknown";
}

bool service_status::ready() const noexcept {
  return state == service_state::running || state == service_state::completed;
}

namespace detail {

service_status service_record::status() const {
  service_status s;
  s.name = name;
  s.state = state;
  s.since = since;
  s.restarts = restarts;
  s.last_error = last_error;
  s.depends_on = depends_on;
  s.one_shot = shape.one_shot;
  return s;
}

namespace {

// Depth first: `path` leads to `at`, whose dependencies are visited in turn.
void find_cycle(service_record& at, std::vector<service_record*>& path, std::vector<service_record*>& done) {
  if (std::find(done.begin(), done.end(), &at) != done.end()) return;
  const auto begin = std::find(path.begin(), path.end(), &at);
  if (begin != path.end()) {
    std::string text;
    for (auto i = begin; i != path.end(); ++i) text += (*i)->name + " -> ";
    throw std::invalid_argument("bight: services depend on each other: " + text + at.name);
  }
  path.push_back(&at);
  for (auto* const n : at.needs) find_cycle(*n, path, done);
  path.pop_back();
  done.push_back(&at);
}

}  // namespace

std::vector<service_record*> resolve_dependencies(const std::vector<std::unique_ptr<service_record>>& all) {
  std::unordered_map<std::string_view, service_record*> by_name;
  for (const auto& r : all) by_name.emplace(r->name, r.get());
  for (const auto& r : all) {
    for (const auto& name : r->depends_on) {
      const auto found = by_name.find(name);
      if (found == by_name.end())
        throw std::invalid_argument("bight: service '" + r->name + "' depends on '" + name +
                                    "', which does not exist");
      r->needs.push_back(found->second);
      found->second->dependents.push_back(r.get());
    }
  }
  std::vector<service_record*> path;
  std::vector<service_record*> done;
  for (const auto& r : all) find_cycle(*r, path, done);
  return done;
}

std::string seconds_text(clock::duration d) {
  const double rounded = std::round(std::chrono::duration<double>(d).count() * 1000) / 1000;
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), rounded).ptr;
  return std::string(text.data(), end) + " s";
}

}  // namespace detail
}  // namespace bight
