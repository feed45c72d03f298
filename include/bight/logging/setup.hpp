// setup: where messages go.
#pragma once
#include <bight/core/log.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace bight::logging {

enum class log_format : std::uint8_t {
  text,        ///< For people: time, level, logger, message, fields.
  json_lines,  ///< One JSON object per line: time, level, logger, message, then the fields.
};

/// Options of setup. Not an aggregate, so that it is safe in co_await expressions.
class setup_options {
 public:
  setup_options() {}

  /// "stderr", "stdout", or the path of a file, which is appended to.
  std::string output = "stderr";
  log_format format = log_format::text;
  log_level level = log_level::info;
  /// Messages that wait for the writing thread. When the queue is full, the oldest are dropped, and a message
  /// says how many: a slow disk does not stop the program.
  std::size_t max_queued = 8192;
};

/// Sends the messages of loggers, and those of the library (core's log hook, as the logger "bight"), to a
/// file or a standard stream while it exists. A thread writes them, each line with one system call.
/// Destroying it writes what is queued and restores the previous hook. One at a time.
///
///     bight::logging::setup_options options;
///     options.output = "/var/log/app.log";
///     bight::logging::setup log{options};
///     host.on_reload([&] { log.reopen(); });          // SIGHUP, after logrotate has renamed the file
///
/// Messages cannot forge lines: control characters are escaped; in the text format, a line break in a message
/// is followed by an indentation. Bytes that are not UTF-8 become U+FFFD in JSON. Errors: system_error, which
/// names the file, if it cannot be opened; std::logic_error if there is another one.
class setup {
 public:
  explicit setup(const setup_options& options = {});
  setup(const setup&) = delete;
  setup& operator=(const setup&) = delete;
  ~setup();

  /// Opens the file again, by its name: after it was renamed, a new one is created. Messages that were queued
  /// before go to the old one. Blocks until then. Thread-safe. If it cannot be opened, the old one stays in
  /// use. Errors: system_error.
  void reopen();
  /// Waits until everything that was queued before has been written. Thread-safe.
  void flush();
  /// The number of messages that were dropped because the queue was full.
  std::size_t dropped() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace bight::logging
