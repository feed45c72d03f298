// A child process: watching, signalling and reaping.
#pragma once
#include <sys/types.h>

#include <bight/core/awaitable.hpp>
#include <bight/core/awaiter.hpp>
#include <bight/core/completed_process.hpp>
#include <bight/core/detail/io_operation.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <memory>
#include <optional>
#include <string>

#include "core/io/descriptor.hpp"

namespace bight::detail {

/// How a loop is notified of the exit of a child. Where pidfd_open is forbidden or missing, by a thread per
/// child; tests force that.
enum class child_watch { automatic, thread };
void set_child_watch(child_watch how) noexcept;

/// A child process of the running loop. Its ID is reserved until it is reaped; that of a group leader until
/// `end`, so that signals reach only its group.
class child final : public io_state {
 public:
  /// Takes ownership of a new process. On failure it is killed.
  static boost::intrusive_ptr<child> adopt(pid_t pid, std::string name, bool leads_group);
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child();

  pid_t pid() const noexcept { return pid_; }
  const std::string& name() const noexcept { return name_; }
  const std::optional<exit_status>& status() const noexcept { return status_; }
  /// Returns false if it has exited.
  bool send(int signal);
  /// Kills it if it is running, and reaps it.
  void end() noexcept;
  /// Implements subprocess::wait.
  static awaitable<exit_status> wait(boost::intrusive_ptr<child> c);

 private:
  class waiter;
  class exit_notice;
  child(pid_t pid, std::string name, bool leads_group)
      : pid_(pid), name_(std::move(name)), leads_group_(leads_group) {}
  void loop_closing() noexcept override;
  void watch();
  bool watch_descriptor();
  void watch_with_thread();
  void check_ended() noexcept;
  bool poll_status(int flags) noexcept;
  void stop_watching() noexcept;
  void set_status(exit_status how) noexcept;

  pid_t pid_;
  std::string name_;
  bool leads_group_;
  bool reaped_ = false;
  std::optional<exit_status> status_;
  std::optional<stream_descriptor> watched_;  // a pidfd
  std::shared_ptr<exit_notice> notice_;
  waiter_list waiters_;
};

using child_ptr = boost::intrusive_ptr<child>;

}  // namespace bight::detail
