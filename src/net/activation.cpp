#include <bight/net/activation.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bight/core/detail/unique_fd.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>

namespace bight::net {
namespace {

using boost::system::system_error;

struct activated_socket {
  bight::detail::unique_fd descriptor;
  std::string name;
};

[[noreturn]] void throw_bad_variable(const char* variable, std::string_view value) {
  throw system_error(make_error_code(boost::system::errc::invalid_argument),
                     std::string{variable} + "=" + std::string{value});
}

// A number of the environment; 0 if it is not set.
int number(const char* variable) {
  const char* const text = std::getenv(variable);
  if (!text) return 0;
  const std::string_view all{text};
  int value = 0;
  const auto [end, ec] = std::from_chars(all.data(), all.data() + all.size(), value);
  if (ec != std::errc{} || end != all.data() + all.size() || value < 0) throw_bad_variable(variable, all);
  return value;
}

std::vector<activated_socket> inherited() {
  constexpr int first = 3;  // SD_LISTEN_FDS_START
  std::vector<activated_socket> sockets;
  if (number("LISTEN_PID") != ::getpid()) return sockets;  // meant for who started us
  const int count = number("LISTEN_FDS");
  const char* const all_names = std::getenv("LISTEN_FDNAMES");
  std::string_view names = all_names ? all_names : "";
  for (int i = 0; i != count; ++i) {
    const int fd = first + i;
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) throw_bad_variable("LISTEN_FDS", std::to_string(count));
    const auto name = names.substr(0, names.find(':'));
    names.remove_prefix(std::min(name.size() + 1, names.size()));
    sockets.push_back({bight::detail::unique_fd{fd}, std::string{name}});
  }
  return sockets;
}

}  // namespace

std::vector<listener> activated_listeners(std::string_view name) {
  static std::mutex mutex;
  const std::lock_guard lock{mutex};
  static std::vector<activated_socket> left = inherited();
  std::vector<listener> found;
  for (auto& s : left) {
    if (!s.descriptor || (!name.empty() && s.name != name)) continue;
    found.push_back(listener::from_descriptor(s.descriptor.get()));
    static_cast<void>(s.descriptor.release());
  }
  return found;
}

}  // namespace bight::net
