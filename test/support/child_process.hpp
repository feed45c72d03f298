// Programs that tests talk to.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bight::test {

/// The path of a program in PATH or the usual places for servers; empty if there is none. An absolute
/// path is its own.
std::string find_program(std::string_view name);

/// A program that runs beside the test. Its input stays open and empty, its output and errors are collected.
/// The destructor kills it and what it has started, and reaps it; it also dies when the thread that started
/// it ends.
class child_process {
 public:
  /// Starts arguments[0], found by find_program.
  explicit child_process(const std::vector<std::string>& arguments);
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process();

  /// Waits, at most 10 seconds, until the output has a line with `text` in it, and returns what follows the
  /// text in that line. Throws std::runtime_error with the output when the program ends or is silent.
  std::string wait_for_line(std::string_view text);
  /// Waits, at most 10 seconds, until connections to that port of 127.0.0.1 are accepted. Throws likewise.
  void wait_for_port(std::uint16_t port);

 private:
  bool read_more(int timeout_ms);

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::string seen_;
};

/// Runs a program to its end. Throws std::runtime_error with its output if it fails.
void run_program(const std::vector<std::string>& arguments);

}  // namespace bight::test
