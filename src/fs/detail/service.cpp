#include "fs/detail/service.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <atomic>
#include <bight/core/detail/io_operation.hpp>
#include <bight/core/log.hpp>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <unordered_map>

namespace bight::fs::detail {
namespace {

using bight::detail::loop_core;

// The services of all loops of the process.
struct directory {
  std::mutex mutex;
  std::unordered_map<loop_core*, std::shared_ptr<service>> all;
};
directory& services() {
  static auto* const made = new directory;  // loops may end after main()
  return *made;
}

std::optional<backend> from_environment() {
  const char* const text = std::getenv("BIGHT_FS");
  if (!text || !*text) return std::nullopt;
  const std::string_view value = text;
  if (value == "auto") return backend::automatic;
  if (value == "uring") return backend::uring;
  if (value == "threads") return backend::threads;
  throw std::invalid_argument("bight: BIGHT_FS is \"" + std::string{value} +
                              "\"; it may be auto, uring or threads");
}

void log_once(backend wanted, const char* reason) {
  static std::atomic<bool> said = false;
  if (said.exchange(true)) return;
  const auto level = wanted == backend::uring ? log_level::warning : log_level::info;
  log(level, std::string{"bight: fs: io_uring is not available, using threads: "} + reason);
}

// Linux 5.9 and 5.10 may say that a file ends where it does not.
bool tells_ends_in_place() noexcept {
  static const bool right = [] {
    utsname about{};
    int major = 0;
    int minor = 0;
    return ::uname(&about) != 0 || std::sscanf(about.release, "%d.%d", &major, &minor) != 2 || major != 5 ||
           (minor != 9 && minor != 10);
  }();
  return right;
}

}  // namespace

std::shared_ptr<service> service::here() {
  auto& loop = bight::detail::require_loop();
  auto& d = services();
  const std::lock_guard lock{d.mutex};
  auto& found = d.all[&loop];
  if (!found) {
    try {
      found = std::make_shared<service>(loop);
    } catch (...) {
      d.all.erase(&loop);
      throw;
    }
  }
  return found;
}

service::service(loop_core& loop)
    : loop_guest(loop),
      ends_in_place(tells_ends_in_place()),
      wanted_(from_environment().value_or(backend::automatic)) {}

void service::choose(backend wanted) {
  wanted_ = from_environment().value_or(wanted);
  tried_ = false;
}

ring* service::uring() {
  if (wanted_ == backend::threads || !home()) return nullptr;
  if (!ring_ && !tried_) {
    tried_ = true;
    try {
      ring_ = std::make_shared<ring>(*home());
    } catch (const boost::system::system_error& e) { log_once(wanted_, e.what()); }
  }
  if (ring_ && ring_->refusal() != 0) {  // those that are in flight still need it
    const auto reason = std::error_code{ring_->refusal(), std::system_category()}.message();
    log_once(wanted_, ("io_uring_enter: " + reason).c_str());
    return nullptr;
  }
  return ring_.get();
}

// All tasks are gone, and those that waited for the ring have waited for its end.
void service::loop_closing() noexcept {
  ring_.reset();
  auto& d = services();
  std::shared_ptr<service> self;
  const std::lock_guard lock{d.mutex};
  const auto i =
      std::find_if(d.all.begin(), d.all.end(), [&](const auto& e) { return e.second.get() == this; });
  if (i == d.all.end()) return;
  self = std::move(i->second);
  d.all.erase(i);
}

thread_pool& threads() {
  constexpr std::size_t most = 8;
  // Never destroyed: loops of other threads may outlive main().
  static auto* const pool = new thread_pool{
      {.max_threads = std::min<std::size_t>(most, 2 * std::max(1U, std::thread::hardware_concurrency())),
       .name = "bight-fs"}};
  return *pool;
}

}  // namespace bight::fs::detail
