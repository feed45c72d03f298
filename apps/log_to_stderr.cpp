#include "log_to_stderr.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <bight/core/log.hpp>
#include <cstddef>
#include <string_view>

void log_to_stderr(const std::string& program) {
  auto logger = spdlog::stderr_color_mt(program);
  logger->set_pattern("%n: %l: %v");
  bight::set_log_handler([logger](bight::log_level level, std::string_view message) {
    constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info,
                                                    spdlog::level::warn, spdlog::level::err};
    logger->log(levels[static_cast<std::size_t>(level)], "{}", message);
  });
}
