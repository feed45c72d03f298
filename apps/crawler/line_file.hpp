// Line-oriented output that is written completely or not at all.
#pragma once
#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace crawler {

/// Writes lines to stdout ("-") or a file. A regular file is created or replaced by `finish`, with all lines;
/// pipes and devices are written as lines arrive. Errors: system errors naming the file.
class line_file {
 public:
  /// With an empty name nothing is written. Blocks until a FIFO has a reader: construct it before the loop
  /// runs.
  explicit line_file(const std::string& name);
  line_file(const line_file&) = delete;
  line_file& operator=(const line_file&) = delete;
  ~line_file();

  bool wanted() const noexcept { return !name_.empty(); }
  bool is_stdout() const noexcept { return name_ == "-"; }

  /// Opens the output. Call it on the loop that makes the other calls.
  bight::awaitable<void> open();
  /// Queues the line at once; the awaitable completes when the queue has been written. Cancellation: no line
  /// is lost.
  bight::awaitable<void> write(std::string_view line);
  /// Writes the remaining lines and commits a regular file. Does nothing after an error.
  bight::awaitable<void> finish();

 private:
  bight::awaitable<void> pass_on();

  std::string name_;
  int descriptor_ = -1;  // of a pipe or device, until `open`
  std::optional<bight::fs::output_stream> stream_;
  std::optional<bight::fs::atomic_file> file_;
  std::optional<bight::fs::writer> writer_;  // of file_
  bight::lock passing_;
  std::string lines_;    // not written yet
  std::string passed_;   // being written, by the lock holder
  bool failed_ = false;  // the file is never committed
};

}  // namespace crawler
