// A file of lines that several threads write.
#pragma once
#include <mutex>
#include <string>
#include <string_view>

namespace serve {

/// Appends lines to a file; a line is one write, so that lines of other processes do not mix with it.
/// Concurrency: several threads.
class log_file {
 public:
  /// `path`: "-" for stdout. Errors: system_error that names the path.
  explicit log_file(std::string path);
  log_file(const log_file&) = delete;
  log_file& operator=(const log_file&) = delete;
  ~log_file();

  /// The first line that cannot be written is reported to stderr.
  void write(std::string_view line);
  /// Opens the path again, after the file has been renamed. Errors: as the constructor; the old file stays.
  void reopen();

 private:
  std::mutex mutex_;
  std::string path_;
  int descriptor_;
  bool failed_ = false;
};

}  // namespace serve
