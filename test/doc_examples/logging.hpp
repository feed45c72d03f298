// What the examples in doc comments of the room logging use and do not declare.
#include <bight/core.hpp>
#include <bight/logging.hpp>
#include <chrono>
#include <functional>
#include <string>

// ---- logger.hpp
extern const int id;
extern const std::string customer;
extern const std::chrono::milliseconds took;

// ---- setup.hpp
struct host_type {
  void on_reload(std::function<void()> f);
};
extern host_type host;
