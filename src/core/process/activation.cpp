#include <bight/core/activation.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <cstdlib>
#include <mutex>

namespace bight {
namespace {

[[noreturn]] void throw_bad_activation(const char* variable, std::string_view value) {
  throw boost::system::system_error(make_error_code(boost::system::errc::invalid_argument),
                                    std::string{variable} + "=" + std::string{value});
}

// A number of the environment; 0 if it is not set.
int number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  if (!text) return 0;
  const std::string_view all{text};
  int value = 0;
  const auto [end, ec] = std::from_chars(all.data(), all.data() + all.size(), value);
  if (ec != std::errc{} || end != all.data() + all.size() || value < 0) throw_bad_activation(variable, all);
  return value;
}

std::vector<activated_descriptor> inherited_descriptors() {
  constexpr int first = 3;  // SD_LISTEN_FDS_START
  std::vector<activated_descriptor> passed;
  if (number_in("LISTEN_PID") != ::getpid()) return passed;  // meant for who started us
  const int count = number_in("LISTEN_FDS");
  const char* const all_names = std::getenv("LISTEN_FDNAMES");
  std::string_view names = all_names ? all_names : "";
  for (int i = 0; i != count; ++i) {
    const int fd = first + i;
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) throw_bad_activation("LISTEN_FDS", std::to_string(count));
    const auto name = names.substr(0, names.find(':'));
    names.remove_prefix(std::min(name.size() + 1, names.size()));
    passed.emplace_back(detail::unique_fd{fd}, std::string{name});
  }
  return passed;
}

}  // namespace

std::vector<activated_descriptor> take_activated_descriptors(std::string_view name) {
  static std::mutex mutex;
  const std::lock_guard lock{mutex};
  static auto left = inherited_descriptors();
  std::vector<activated_descriptor> found;
  std::vector<activated_descriptor> others;
  for (auto& d : left) (name.empty() || d.name() == name ? found : others).push_back(std::move(d));
  left = std::move(others);
  return found;
}

}  // namespace bight
