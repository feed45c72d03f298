#include <bight/core/log.hpp>
#include <cstdio>
#include <mutex>
#include <string>
#include <utility>

namespace bight {
namespace {

struct log_state {
  std::mutex mutex;
  log_handler handler;
};
log_state& state() {
  static auto* const instance = new log_state;  // never destroyed: threads may log after main()
  return *instance;
}

}  // namespace

log_handler set_log_handler(log_handler handler) {
  auto& s = state();
  const std::lock_guard lock{s.mutex};
  return std::exchange(s.handler, std::move(handler));
}

void log(log_level level, std::string_view message) noexcept {
  try {
    auto& s = state();
    std::unique_lock lock{s.mutex};
    if (const auto handler = s.handler) {
      lock.unlock();  // the handler may log
      handler(level, message);
    } else if (level >= log_level::warning) {
      const auto line = std::string{message} + '\n';
      std::fputs(line.c_str(), stderr);
    }
  } catch (...) { std::fputs("bight: a log handler failed\n", stderr); }
}

}  // namespace bight
