// What the examples in doc comments of the room config use and do not declare.
#include <bight/config.hpp>
#include <bight/core.hpp>
#include <boost/describe/class.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

// ---- config.hpp
struct app_settings {
  int port = 0;
};
BOOST_DESCRIBE_STRUCT(app_settings, (), (port))
extern const bight::config::options from;
bight::awaitable<void> serve(app_settings chosen);
