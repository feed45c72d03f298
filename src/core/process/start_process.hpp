// posix_spawn, for a command.
#pragma once
#include <sys/types.h>

#include <array>
#include <bight/core/command.hpp>

#include <bight/core/detail/unique_fd.hpp>

namespace bight::detail {

/// Access to the members of a command.
struct command_access {
  using stdio_kind = stdio::kind;
  using grouping = command::grouping;
  static stdio stream(const command& c, std::size_t i) noexcept { return c.streams_[i]; }
  static stdio_kind kind(const command& c, std::size_t i) noexcept { return c.streams_[i].kind_; }
  static int descriptor(const stdio& s) noexcept { return s.descriptor_; }
  static bool is_open(const command& c, std::size_t i) noexcept { return kind(c, i) == stdio_kind::open; }
  static const auto& arguments(const command& c) noexcept { return c.arguments_; }
  static const auto& directory(const command& c) noexcept { return c.directory_; }
  static const auto& changes(const command& c) noexcept { return c.environment_; }
  static bool clears_environment(const command& c) noexcept { return c.clear_environment_; }
  static grouping group(const command& c) noexcept { return c.grouping_; }
};

/// A started process and our ends of its pipes: input, output, error.
struct started_process {
  pid_t pid = -1;
  std::array<unique_fd, 3> pipes;
};

/// The descriptor of a pool worker's socket.
inline constexpr int channel_descriptor = 3;

/// Starts `what`. `channel`: a descriptor that it gets as channel_descriptor; -1 for none. Errors:
/// system_error.
started_process start_process(const command& what, int channel = -1);

}  // namespace bight::detail
