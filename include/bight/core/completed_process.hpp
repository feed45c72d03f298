// exit_status, completed_process, process_error: the outcome of a program.
#pragma once
#include <boost/system/system_error.hpp>
#include <string>
#include <utility>

namespace bight {

/// The exit status of a process: an exit code or a signal. Trivially copyable.
class exit_status {
 public:
  /// Exited with `code`, 0 to 255.
  static exit_status with_code(int code) noexcept { return exit_status{code, 0}; }
  /// Terminated by a signal.
  static exit_status by_signal(int number) noexcept { return exit_status{0, number}; }

  /// Whether the exit code is 0.
  bool success() const noexcept { return code_ == 0 && signal_ == 0; }
  /// The exit code; 0 if it was terminated by a signal.
  int code() const noexcept { return code_; }
  /// The signal; 0 if it exited.
  int signal() const noexcept { return signal_; }
  /// The exit code, or the negated signal number (Popen.returncode).
  int returncode() const noexcept { return signal_ != 0 ? -signal_ : code_; }
  /// For example "exit status 3" or "killed by signal 9 (KILL)".
  std::string describe() const;

  friend bool operator==(exit_status, exit_status) = default;

 private:
  exit_status(int code, int signal) noexcept : code_(code), signal_(signal) {}
  int code_;
  int signal_;
};

/// A program that did not exit with code 0 (subprocess.CalledProcessError).
class process_error : public boost::system::system_error {
 public:
  /// The maximum size of error_tail in bytes.
  static constexpr std::size_t longest_tail = 4096;

  process_error(std::string program, exit_status status, const std::string& errors);
  const std::string& program() const noexcept { return program_; }
  exit_status status() const noexcept { return status_; }
  /// The end of its standard error output, trimmed; empty if it was not captured.
  const std::string& error_tail() const noexcept { return tail_; }
  /// Program, status and error_tail.
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string program_;
  exit_status status_;
  std::string tail_;
  std::string text_;
};

/// A completed program and its captured output (subprocess.CompletedProcess).
class completed_process {
 public:
  completed_process(std::string name, exit_status how) : program(std::move(name)), status(how) {}

  /// Errors: process_error unless it exited with code 0.
  void check() const;

  std::string program;
  exit_status status;
  std::string output;
  std::string error;
};

}  // namespace bight
