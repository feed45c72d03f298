#include "logging/sink.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace bight::logging::detail {

line_sink::line_sink(std::string output) : output_(std::move(output)), file_(open()) {}

bight::detail::unique_fd line_sink::open() const {
  if (output_ == "stderr" || output_ == "stdout") return {};
  bight::detail::unique_fd made{::open(output_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640)};
  if (!made)
    throw boost::system::system_error(boost::system::error_code{errno, boost::system::system_category()},
                                      "bight: log to " + output_);
  return made;
}

void line_sink::reopen() {
  auto made = open();
  const std::lock_guard lock{mutex_};
  file_ = std::move(made);
  failed_ = false;
}

int line_sink::target() const noexcept {
  if (file_) return file_.get();
  return output_ == "stdout" ? STDOUT_FILENO : STDERR_FILENO;
}

void line_sink::sink_it_(const spdlog::details::log_msg& message) {
  report_dropped(message);
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  write_line(line);
}

void line_sink::report_dropped(const spdlog::details::log_msg& message) {
  const auto all = dropped ? dropped() : 0;
  if (all == reported_) return;
  const auto text = std::to_string(all - reported_) + " messages were dropped";
  reported_ = all;
  auto report = message;
  report.level = spdlog::level::warn;
  const auto json = "\"logger\":\"logging\",\"message\":\"" + text + '"';
  const auto plain = "logging: " + text;
  report.payload = message.payload.size() != 0 && message.payload.data()[0] == '"' ? json : plain;
  spdlog::memory_buf_t line;
  formatter_->format(report, line);
  write_line(line);
}

// A full disk must not stop the program; what cannot be written is lost, which is said once.
void line_sink::write_line(const spdlog::memory_buf_t& line) {
  const char* data = line.data();
  auto left = line.size();
  while (left != 0) {
    const auto n = ::write(target(), data, left);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      if (!std::exchange(failed_, true) && file_)
        std::fprintf(stderr, "bight: log to %s: %s\n", output_.c_str(),
                     std::generic_category().message(errno).c_str());
      return;
    }
    data += n;
    left -= static_cast<std::size_t>(n);
  }
  failed_ = false;
}

}  // namespace bight::logging::detail
