// The implementation of a loop: its io_context, the ready list, timers, and tasks outside groups.
#pragma once
#include <atomic>
#include <bight/core/detail/task_core.hpp>
#include <bight/core/loop.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/scheduler/failures.hpp"
#include "core/scheduler/mailbox.hpp"

namespace bight::detail {

class step_watchdog;

class loop_impl final : public loop_core, public task_owner {
 public:
  /// `io`: null to create a context.
  loop_impl(loop_options options, boost::asio::io_context* io);
  loop_impl(const loop_impl&) = delete;
  loop_impl& operator=(const loop_impl&) = delete;
  ~loop_impl();

  boost::asio::io_context& io() noexcept { return *io_; }
  const std::shared_ptr<mailbox>& mail() const noexcept { return mailbox_; }
  bool attached() const noexcept { return !own_io_; }
  const loop_options& options() const noexcept { return options_; }

  void post_drain_now() noexcept;
  void drain();
  /// Called before control returns to Asio: arms the timer for the earliest deadline.
  void before_block();
  /// Runs the context until `t` has completed (null: all tasks that are being shut down).
  void run_until(task_base* t);
  /// Cancels all tasks and runs until they have ended; logs those that remain, and ends the process after
  /// `limit`.
  void shut_down(std::chrono::nanoseconds limit);
  /// Destroys unfinished tasks where they wait and releases the context.
  void close() noexcept;
  /// Delivers the messages of other threads.
  void receive();
  /// For handlers of the context: throws on a second thread and stops the run on the first, since the handler
  /// that the second thread has taken is lost.
  void check_thread() {
    if (!claim_thread()) [[unlikely]]
      refuse_second_thread();
  }
  /// Whether no other thread has run it.
  bool runs_here() const noexcept {
    const auto thread = thread_.load(std::memory_order_relaxed);
    return thread == std::thread::id{} || thread == std::this_thread::get_id();
  }
  /// The watchdog of debug mode; null if its thread could not be started. Loop thread only.
  step_watchdog* watcher() noexcept;

  /// Whether this is a different thread than the one that runs it.
  bool is_foreign_here() const noexcept { return (running_ || attached()) && !runs_here(); }

  /// Null: the log.
  shared_handler on_exception;

  void child_started(task_base& child) noexcept override;
  void child_finished(task_base& child) noexcept override;
  const char* kind() const noexcept override { return "loop"; }

 private:
  void cancel_all(cancel_reason reason) noexcept;
  template <class Run>
  void run_as_current(task_base* t, Run run);
  void run_real();
  void run_down(std::chrono::nanoseconds& limit);
  void run_virtual();
  void run_virtual_at_real_speed();
  bool take_virtual_step();
  void move_virtual_time();
  bool clock_is_held() const noexcept { return clock_holds != 0 && awaited_; }
  bool finished() const noexcept { return awaited_ ? awaited_->finished() : ending_ == 0; }
  bool fire_due(clock::time_point now) noexcept;
  void run_shuffled();
  void report_unfinished() const noexcept;
  bool claim_thread() noexcept {
    auto thread = thread_.load(std::memory_order_relaxed);
    const auto here = std::this_thread::get_id();
    return thread == here || (thread == std::thread::id{} && thread_.compare_exchange_strong(thread, here));
  }
  [[noreturn]] void refuse_second_thread();
  void check_second_thread() const;
  void look_for_cycles() noexcept;
  void timer_fired();
  void stop_if_finished() noexcept;
  void hold_work(bool hold) noexcept;

  const loop_options options_;
  std::mt19937_64 random_;
  std::unique_ptr<boost::asio::io_context> own_io_;
  boost::asio::io_context* io_;
  std::optional<boost::asio::steady_timer> timer_;
  clock::time_point armed_for_ = clock::time_point::max();
  clock::time_point virtual_time_{};
  std::size_t ending_ = 0;  ///< Of the children, those that were told to end.
  std::shared_ptr<mailbox> mailbox_;
  mailbox::messages received_;
  task_base* awaited_ = nullptr;
  bool running_ = false;
  bool holds_work_ = false;  ///< For the deadlines in the heap, in real time.
  std::atomic<std::thread::id> thread_{};
  std::atomic<bool> second_thread_ = false;  ///< ... ran the context.
  std::unique_ptr<step_watchdog> watcher_;
  clock::time_point next_look_ = clock::time_point::min();  ///< For cycles.
  std::string cycle_;                                       ///< What was found last.
  bool cycle_reported_ = false;
};

/// In debug mode, logs a misuse by another thread than the loop's; `what` says what it does. Returns true
/// then.
bool is_wrong_thread(const loop_core& loop, const char* what) noexcept;
/// The same, and throws errc::wrong_loop.
void require_own_thread(const loop_core& loop, const char* what);

/// Access to the implementation of a loop.
struct asio_access {
  static loop_impl& impl(loop& l) noexcept { return *l.impl_; }
  static loop make(std::shared_ptr<loop_impl> impl) noexcept { return loop{std::move(impl)}; }
};

/// Makes a loop current on this thread while Asio calls into it.
class loop_entry {
 public:
  explicit loop_entry(loop_core& loop) : impl_(static_cast<loop_impl&>(loop)), previous_(this_loop) {
    impl_.check_thread();
    this_loop = &loop;
  }
  loop_entry(const loop_entry&) = delete;
  loop_entry& operator=(const loop_entry&) = delete;
  ~loop_entry() {
    impl_.current = nullptr;
    impl_.before_block();
    this_loop = previous_;
  }

 private:
  loop_impl& impl_;
  loop_core* previous_;
};

}  // namespace bight::detail
