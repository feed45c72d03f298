// A child process: watched, signalled while it has its number, and reaped.
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

#include "core/detail/descriptor.hpp"

namespace bight::detail {

/// How a loop learns that a child has ended. Where pidfd_open is forbidden or missing, a thread per child
/// waits; tests switch to that.
enum class child_watch { automatic, thread };
void set_child_watch(child_watch how) noexcept;

/// A child process of the running loop. The number of a child is its own until it is reaped; that of a group
/// leader is kept until `end`, so that signals reach the group, and no stranger, until then.
class child final : public io_state {
 public:
  /// Takes over a process that was just started. It is ended if that fails.
  static boost::intrusive_ptr<child> adopt(pid_t pid, std::string name, bool leads_group);
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child();

  pid_t pid() const noexcept { return pid_; }
  const std::string& name() const noexcept { return name_; }
  const std::optional<exit_status>& status() const noexcept { return status_; }
  /// Returns false if it can be reached no more.
  bool send(int signal);
  /// Kills what still runs, and reaps it.
  void end() noexcept;
  /// What subprocess::wait is.
  static awaitable<exit_status> wait(boost::intrusive_ptr<child> c);

 private:
  class waiter;
  class death_notice;
  child(pid_t pid, std::string name, bool leads_group)
      : pid_(pid), name_(std::move(name)), leads_group_(leads_group) {}
  void loop_closing() noexcept override;
  void watch();
  bool watch_descriptor();
  void watch_with_thread();
  void ended_perhaps() noexcept;
  bool look(int flags) noexcept;
  void stop_watching() noexcept;
  void tell(exit_status how) noexcept;

  pid_t pid_;
  std::string name_;
  bool leads_group_;
  bool reaped_ = false;
  std::optional<exit_status> status_;
  std::optional<stream_descriptor> watched_;  // a pidfd
  std::shared_ptr<death_notice> notice_;
  waiter_list waiters_;
};

using child_ptr = boost::intrusive_ptr<child>;

}  // namespace bight::detail
