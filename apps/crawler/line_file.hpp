// Line-oriented output that grows while the program runs.
#pragma once
#include <bight/core.hpp>
#include <bight/fs.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace crawler {

/// Writes lines to stdout ("-") or a file, which is emptied first. They are passed to the system whole, at
/// most about 100 ms late, so that a reader can follow, and a killed process leaves what it has found.
/// Errors: system errors naming the file.
class line_file {
 public:
  /// With an empty name nothing is written. Opens the file, but does not change it yet. Blocks until a FIFO
  /// has a reader: construct it before the loop runs.
  explicit line_file(const std::string& name);
  line_file(const line_file&) = delete;
  line_file& operator=(const line_file&) = delete;
  ~line_file();

  bool wanted() const noexcept { return !name_.empty(); }
  bool is_stdout() const noexcept { return name_ == "-"; }

  /// Empties a regular file. Call it on the loop that makes the other calls.
  void open();
  /// Queues the line at once; the awaitable completes when the queue has been accepted. Cancellation: no line
  /// is lost.
  bight::awaitable<void> write(std::string_view line);
  /// Writes the remaining lines. After an error, removes the part of a line at the end of a regular file
  /// instead.
  bight::awaitable<void> finish();

 private:
  bight::awaitable<void> pass_on();
  void cut_back() noexcept;

  std::string name_;
  int descriptor_ = -1;
  std::optional<bight::fs::output_stream> stream_;
  bight::lock passing_;
  std::string lines_;   // not accepted yet
  std::string passed_;  // being accepted, by the lock holder
  bool regular_ = false;
  bool failed_ = false;
};

}  // namespace crawler
