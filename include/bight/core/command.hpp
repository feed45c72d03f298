// command, stdio: which program to start, and how.
#pragma once
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bight {

namespace detail {
struct command_access;
}

/// What a standard stream of a new process is connected to. Trivially copyable.
class stdio {
 public:
  /// The same as that of this process.
  static constexpr stdio inherit() noexcept { return stdio{kind::inherit}; }
  /// A pipe to this process: subprocess::input, output, error.
  static constexpr stdio pipe() noexcept { return stdio{kind::pipe}; }
  /// /dev/null: nothing to read, and what is written is dropped.
  static constexpr stdio null() noexcept { return stdio{kind::null}; }
  /// A file, socket or pipe that this process has open. It stays open here, and must be until the start.
  static constexpr stdio to(int descriptor) noexcept { return stdio{kind::descriptor, descriptor}; }
  /// Standard error only: where standard output goes.
  static constexpr stdio to_output() noexcept { return stdio{kind::to_output}; }

 private:
  friend class command;
  friend struct detail::command_access;
  enum class kind : std::uint8_t { open, inherit, pipe, null, descriptor, to_output };
  explicit constexpr stdio(kind k, int descriptor = -1) noexcept : kind_(k), descriptor_(descriptor) {}
  kind kind_;
  int descriptor_;
};

/// A program, its arguments, and how it is started. Setters return the command:
///
///     bight::command convert("convert", source, "-resize", "50%", "-");
///     convert.directory(folder).env("LC_ALL", "C").output(bight::stdio::pipe());
///
/// There is no shell: arguments reach the program as they are, and need no quotes. A program without a "/" is
/// looked for in the PATH of this process; a relative one, after `directory` was entered. Whatever this
/// process has open, has blocked or ignores, the program gets its standard streams, no blocked signals, and
/// default signal handling. Copy it freely. Errors: std::invalid_argument for texts with a zero byte and for
/// names of variables that are empty or have a "=".
class command {
 public:
  /// Parentheses, not braces, beside a co_await.
  template <class... Args>
    requires(std::constructible_from<std::string, Args> && ...)
  explicit command(std::string program, Args&&... arguments) {
    arg(std::move(program));
    (arg(std::string(std::forward<Args>(arguments))), ...);
  }

  /// One more argument, or several.
  command& arg(std::string argument);
  command& args(const std::vector<std::string>& arguments);

  /// Of these three, what is not set is inherited; `run_process` has other defaults.
  command& input(stdio where);
  command& output(stdio where);
  command& error(stdio where);

  /// Where the program starts; by default where this process is.
  command& directory(std::string path);
  /// Sets a variable of its environment. By default it has all of this process.
  command& env(std::string name, std::string value);
  /// Takes a variable away.
  command& unset_env(std::string name);
  /// Takes all away, also those that were set before.
  command& clear_env();

  /// Makes it the leader of a new process group: signals reach what it starts, too, and Ctrl-C in the
  /// terminal does not reach it.
  command& new_group();
  /// Makes it the leader of a new session, without a terminal, and so of a new group.
  command& new_session();

  /// The program as it was given.
  const std::string& program() const noexcept { return arguments_.front(); }

 private:
  friend struct detail::command_access;
  command& change_env(std::string name, std::optional<std::string> value);
  enum class grouping : std::uint8_t { none, group, session };

  std::vector<std::string> arguments_;
  stdio streams_[3] = {stdio{stdio::kind::open}, stdio{stdio::kind::open}, stdio{stdio::kind::open}};
  std::string directory_;
  std::vector<std::pair<std::string, std::optional<std::string>>> environment_;  // nothing: unset
  bool clear_environment_ = false;
  grouping grouping_ = grouping::none;
};

}  // namespace bight
