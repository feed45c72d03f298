#include <bight/service/notifier.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <bight/core/log.hpp>
#include <bight/core/sleep.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace bight {
namespace {

std::string_view variable_text(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

std::optional<std::uint64_t> variable_number(const char* name) {
  const auto text = variable_text(name);
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec == std::errc{} && end == text.data() + text.size()) return value;
  log(log_level::warning, "bight: " + std::string{name} + "=" + std::string{text} + " is no number; ignored");
  return std::nullopt;
}

// The watchdog is for this process only if WATCHDOG_PID says so, or is not set.
std::optional<clock::duration> watchdog_of_environment() {
  const auto limit = variable_number("WATCHDOG_USEC");
  constexpr std::uint64_t most = 1'000'000'000'000'000;  // 30 years
  if (!limit || *limit == 0 || *limit > most) return std::nullopt;
  const auto pid = variable_number("WATCHDOG_PID");
  if (pid && *pid != static_cast<std::uint64_t>(::getpid())) return std::nullopt;
  return std::chrono::microseconds{static_cast<std::int64_t>(*limit)};
}

void log_notify_failure(const std::string& what) {
  log(log_level::warning, "bight: the service manager cannot be notified: " + what);
}

}  // namespace

service_notifier::service_notifier()
    : service_notifier(variable_text("NOTIFY_SOCKET"), watchdog_of_environment()) {}

service_notifier::service_notifier(std::string_view socket, std::optional<clock::duration> watchdog)
    : watchdog_(watchdog) {
  if (!socket.empty()) connect(socket);
}

void service_notifier::connect(std::string_view socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool valid = (socket[0] == '/' || socket[0] == '@') && socket.size() < sizeof address.sun_path;
  if (!valid) return log_notify_failure("NOTIFY_SOCKET=" + std::string{socket} + " is not supported");
  std::memcpy(address.sun_path, socket.data(), socket.size());
  if (socket[0] == '@') address.sun_path[0] = '\0';
  detail::unique_fd made{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());
  if (!made || ::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
    return log_notify_failure(std::string{socket} + ": " + std::generic_category().message(errno));
  socket_ = std::move(made);
}

awaitable<bool> service_notifier::send(std::string assignments) {
  constexpr std::chrono::milliseconds pause{20};
  constexpr std::chrono::seconds limit{5};
  if (!socket_) co_return false;
  const auto give_up = clock::now() + limit;
  while (true) {
    if (::send(socket_.get(), assignments.data(), assignments.size(), MSG_NOSIGNAL) >= 0) co_return true;
    const int error = errno;
    const bool full = error == EAGAIN || error == ENOBUFS;
    if (error == EINTR) continue;
    if (!full || clock::now() >= give_up) {
      log_notify_failure(std::generic_category().message(error));
      co_return false;
    }
    co_await sleep(pause);
  }
}

awaitable<bool> service_notifier::send_reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto micros = static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(micros));
}

}  // namespace bight
