// exit_status, completed_process, process_error: how a program ended.
#pragma once
#include <boost/system/system_error.hpp>
#include <string>
#include <utility>

namespace bight {

/// How a process ended: with a code, or by a signal. Trivially copyable.
class exit_status {
 public:
  /// It ended by itself, with `code` from 0 to 255.
  static exit_status with_code(int code) noexcept { return exit_status{code, 0}; }
  /// A signal ended it.
  static exit_status by_signal(int number) noexcept { return exit_status{0, number}; }

  /// True for the code 0.
  bool success() const noexcept { return code_ == 0 && signal_ == 0; }
  /// The code; 0 if a signal ended it.
  int code() const noexcept { return code_; }
  /// The signal; 0 if it ended by itself.
  int signal() const noexcept { return signal_; }
  /// Both in one number, as Python's Popen.returncode: the code, or the signal negated.
  int returncode() const noexcept { return signal_ != 0 ? -signal_ : code_; }
  /// As in "exit status 3", "killed by signal 9 (KILL)".
  std::string describe() const;

  friend bool operator==(exit_status, exit_status) = default;

 private:
  exit_status(int code, int signal) noexcept : code_(code), signal_(signal) {}
  int code_;
  int signal_;
};

/// A program that ended otherwise than with the code 0 (subprocess.CalledProcessError).
class process_error : public boost::system::system_error {
 public:
  /// How much of the errors of the program is kept, in bytes.
  static constexpr std::size_t longest_tail = 4096;

  process_error(std::string program, exit_status status, const std::string& errors);
  const std::string& program() const noexcept { return program_; }
  exit_status status() const noexcept { return status_; }
  /// The end of what it wrote to standard error, without white space around it; empty if that was not
  /// collected.
  const std::string& error_tail() const noexcept { return tail_; }
  /// Program, status and the tail.
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string program_;
  exit_status status_;
  std::string tail_;
  std::string text_;
};

/// A program that has ended, and what it wrote where that was a pipe (subprocess.CompletedProcess).
class completed_process {
 public:
  completed_process(std::string name, exit_status how) : program(std::move(name)), status(how) {}

  /// Throws process_error unless it ended with the code 0.
  void check() const;

  std::string program;
  exit_status status;
  std::string output;
  std::string error;
};

}  // namespace bight
