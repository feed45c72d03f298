// The programs of this build, run as a user runs them.
#pragma once
#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace bight::test {

/// How a program is started. Trivial defaults: output and errors go to pipes that the test reads.
class program_options {
 public:
  program_options() {}

  std::string stdout_to;                 ///< A file or device instead of the pipe.
  bool close_stdout = false;             ///< The pipe has no reader.
  int terminal_columns = 0;              ///< Not 0: stderr is a terminal of that width.
  std::vector<std::string> environment;  ///< NAME=value, besides those of the test.
};

/// How a program ended.
struct program_result {
  int status = -1;  ///< Exit status; 128 + the signal that killed it.
  bool timed_out = false;
  std::string out;
  std::string err;

  /// The lines of stderr.
  std::vector<std::string> errors() const;
};

/// A running program. Killed and reaped by the destructor, if it still runs.
class program {
 public:
  explicit program(const std::vector<std::string>& arguments, const program_options& options = {});
  program(const program&) = delete;
  program& operator=(const program&) = delete;
  ~program();

  /// Waits, at most 10 s, for a line of stdout that starts with `text`, and returns what follows in it.
  /// Throws std::runtime_error with everything that it said if it does not come.
  std::string wait_for_line(std::string_view text);
  /// Waits until stderr contains `text`, likewise.
  void wait_for_error(std::string_view text);
  void signal(int number) const;
  /// Waits until the pipe of stdout, which nobody reads meanwhile, takes no more.
  void wait_for_full_stdout() const;
  /// Sends the signal until the program has ended, at most for 10 s.
  void signal_until_it_ends(int number);
  /// Waits for the end. A program that has not ended then is killed, and `timed_out` says so.
  program_result finish(std::chrono::milliseconds timeout = std::chrono::seconds{20});

 private:
  bool read_more(std::chrono::steady_clock::time_point until);

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  program_result result_;
};

/// Runs a program to its end.
program_result run(const std::vector<std::string>& arguments, const program_options& options = {});

/// A folder for the files of one test.
class scratch_folder {
 public:
  scratch_folder();
  /// In that folder; `memory_folder()` is for tests with very many files.
  explicit scratch_folder(const std::string& in);
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder();

  const std::string& path() const noexcept { return path_; }
  std::string file(std::string_view name) const { return path_ + '/' + std::string{name}; }
  /// Writes a file, making the folders on the way.
  std::string write(std::string_view name, std::string_view text) const;
  /// The names of what is in it, sorted.
  std::vector<std::string> names() const;

 private:
  std::string path_;
};

/// A folder of which the files are in memory, if the system has one; the one for temporary files otherwise.
std::string memory_folder();

std::string read_file(const std::string& path);

}  // namespace bight::test
