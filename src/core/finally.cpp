#include <bight/core/finally.hpp>

#include <bight/core/exception_group.hpp>
#include <bight/core/log.hpp>
#include <string>

namespace bight::detail {

void log_lost_error(const char* where) noexcept {
  try {
    log(log_level::error, std::string{"bight: "} + where + " failed: " + describe(std::current_exception()));
  } catch (...) { log(log_level::error, "bight: a clean-up failed"); }
}

}  // namespace bight::detail
