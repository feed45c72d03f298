// command, stdio: a program to start, its arguments and standard streams.
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
  /// The stream of this process.
  static constexpr stdio inherit() noexcept { return stdio{kind::inherit}; }
  /// A pipe to this process; see subprocess::input, output and error.
  static constexpr stdio pipe() noexcept { return stdio{kind::pipe}; }
  /// /dev/null.
  static constexpr stdio null() noexcept { return stdio{kind::null}; }
  /// An open descriptor of this process. It stays open and must not be closed before the start.
  static constexpr stdio to(int descriptor) noexcept { return stdio{kind::descriptor, descriptor}; }
  /// For standard error only: the same destination as standard output.
  static constexpr stdio to_output() noexcept { return stdio{kind::to_output}; }

 private:
  friend class command;
  friend struct detail::command_access;
  enum class kind : std::uint8_t { open, inherit, pipe, null, descriptor, to_output };
  explicit constexpr stdio(kind k, int descriptor = -1) noexcept : kind_(k), descriptor_(descriptor) {}
  kind kind_;
  int descriptor_;
};

/// A program, its arguments and how it is started. Setters return the command:
///
///     bight::command convert("convert", source, "-resize", "50%", "-");
///     convert.directory(folder).env("LC_ALL", "C").output(bight::stdio::pipe());
///
/// No shell is involved: arguments are passed unchanged and need no quoting. A program name without a slash
/// is looked up in the PATH of this process; a relative path is resolved after changing to `directory`. The
/// program inherits only its standard streams, has no blocked signals and the default signal dispositions.
/// Copyable. Errors: std::invalid_argument for strings that contain a null byte, and for variable names that
/// are empty or contain '='.
class command {
 public:
  /// Use parentheses, not braces, in co_await expressions.
  template <class... Args>
    requires(std::constructible_from<std::string, Args> && ...)
  explicit command(std::string program, Args&&... arguments) {
    arg(std::move(program));
    (arg(std::string(std::forward<Args>(arguments))), ...);
  }

  /// Appends arguments.
  command& arg(std::string argument);
  command& args(const std::vector<std::string>& arguments);

  /// The standard streams. Default: inherited; `run_process` has other defaults.
  command& input(stdio where);
  command& output(stdio where);
  command& error(stdio where);

  /// The working directory. Default: that of this process.
  command& directory(std::string path);
  /// Sets an environment variable. Default: the environment of this process.
  command& env(std::string name, std::string value);
  /// Removes a variable.
  command& unset_env(std::string name);
  /// Removes all variables, including those set before.
  command& clear_env();

  /// Starts it as the leader of a new process group: signals also reach its children, and Ctrl-C in the
  /// terminal does not reach it.
  command& new_group();
  /// Starts it as the leader of a new session, without a controlling terminal, and thus of a new group.
  command& new_session();

  /// The program, as passed to the constructor.
  const std::string& program() const noexcept { return arguments_.front(); }

 private:
  friend struct detail::command_access;
  command& change_env(std::string name, std::optional<std::string> value);
  enum class grouping : std::uint8_t { none, group, session };

  std::vector<std::string> arguments_;
  stdio streams_[3] = {stdio{stdio::kind::open}, stdio{stdio::kind::open}, stdio{stdio::kind::open}};
  std::string directory_;
  std::vector<std::pair<std::string, std::optional<std::string>>> environment_;  // nullopt: unset
  bool clear_environment_ = false;
  grouping grouping_ = grouping::none;
};

}  // namespace bight
