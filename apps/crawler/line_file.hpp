// A file of lines that is complete or not there.
#pragma once
#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace crawler {

/// Writes lines to stdout ("-") or a file. A regular file appears under its name when `finish` is called,
/// with all lines; a pipe or device is written in place, soon enough for whoever reads along. Errors:
/// system errors naming the file.
class line_file {
 public:
  /// An empty name: nothing is written anywhere. Opens a FIFO in place, waiting for its reader: before the
  /// loop runs.
  explicit line_file(const std::string& name);
  line_file(const line_file&) = delete;
  line_file& operator=(const line_file&) = delete;
  ~line_file();

  bool wanted() const noexcept { return !name_.empty(); }
  bool is_stdout() const noexcept { return name_ == "-"; }

  /// Begins, on the loop on which everything else is called.
  bight::awaitable<void> open();
  /// Takes the line at once; what it returns waits while whoever reads is slow. Cancellation: nothing is
  /// lost.
  bight::awaitable<void> write(std::string_view line);
  /// Writes what is left and gives a regular file its name. Nothing after an error.
  bight::awaitable<void> finish();

 private:
  bight::awaitable<void> pass_on();

  std::string name_;
  int descriptor_ = -1;  // of a pipe or device, until `open`
  std::optional<bight::fs::output_stream> stream_;
  std::optional<bight::fs::atomic_file> file_;
  std::optional<bight::fs::writer> writer_;  // of file_
  bight::lock passing_;
  std::string lines_;    // not passed on yet
  std::string passed_;   // of whoever holds the lock
  bool failed_ = false;  // and so never complete
};

}  // namespace crawler
