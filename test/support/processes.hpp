// The children of the test itself.
#pragma once
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>

namespace bight::test {

/// True if this process has no child, alive or dead.
inline bool has_no_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | WNOHANG) != 0 && errno == ECHILD;
}

/// Waits for that, at most 10 s: what takes long to die is reaped by a thread.
inline bool loses_its_children() {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!has_no_children() && std::chrono::steady_clock::now() < until) ::sched_yield();
  return has_no_children();
}

/// Expects, when it goes, that all children were reaped.
class no_children_left {
 public:
  no_children_left() { EXPECT_TRUE(loses_its_children()) << "left by an earlier test"; }
  no_children_left(const no_children_left&) = delete;
  no_children_left& operator=(const no_children_left&) = delete;
  ~no_children_left() { EXPECT_TRUE(loses_its_children()); }
};

}  // namespace bight::test
