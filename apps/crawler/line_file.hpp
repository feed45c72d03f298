// A file of lines that is complete or not there.
#pragma once
#include <chrono>
#include <string>
#include <string_view>

namespace crawler {

/// Writes lines to stdout ("-") or a file. A regular file appears under its name when `finish` is called,
/// with all lines; a pipe or device is written in place, soon enough for whoever reads along. Errors:
/// std::system_error naming the file.
class line_file {
 public:
  /// An empty name: nothing is written anywhere.
  explicit line_file(const std::string& name);
  line_file(const line_file&) = delete;
  line_file& operator=(const line_file&) = delete;
  /// Removes what was not finished.
  ~line_file();

  bool wanted() const noexcept { return descriptor_ >= 0; }
  bool is_stdout() const noexcept { return name_ == "-"; }
  void write(std::string_view line);
  /// Writes what is buffered and gives a regular file its name.
  void finish();

 private:
  void flush();
  [[noreturn]] void fail(const char* what) const;

  std::string name_;
  std::string target_;     // the regular file that name_ is or shall be
  std::string temporary_;  // empty when written in place
  std::string buffer_;
  std::chrono::steady_clock::time_point flushed_{};
  int descriptor_ = -1;
  bool failed_ = false;  // and so never complete
  bool interrupted_ = false;
};

}  // namespace crawler
