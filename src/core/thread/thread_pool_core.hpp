// The threads of a pool and the queue of calls for them.
#pragma once
#include <atomic>
#include <bight/core/detail/thread_job.hpp>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace bight::detail {

/// Each thread is busy with a call, idle (about to take the next one) or sleeping. No thread is woken while
/// another is idle; a thread that takes a call wakes the next one if more are queued. So a burst of short
/// calls wakes few threads, and no call waits behind a long one while a thread is available.
class thread_pool_core {
 public:
  /// At most `limit` threads, started on demand; `name` is their name in the system.
  thread_pool_core(std::size_t limit, std::string name) : limit_(limit), name_(std::move(name)) {}
  thread_pool_core(const thread_pool_core&) = delete;
  thread_pool_core& operator=(const thread_pool_core&) = delete;
  ~thread_pool_core() = default;  // see end()

  void submit(std::shared_ptr<thread_job> job);
  bool withdraw(thread_job& job) noexcept;
  /// Refuses new calls, makes the queued ones, and joins the threads.
  void end();

  std::size_t limit() const noexcept { return limit_; }
  std::size_t waiting() const;
  std::size_t running() const;

 private:
  using lock_type = std::unique_lock<std::mutex>;
  void work();
  void start_thread();
  void start_if_possible();
  void wake_one(lock_type& lock);
  void wake_another(lock_type& lock) noexcept;
  std::shared_ptr<thread_job> next(lock_type& lock);
  void spin(lock_type& lock);
  void sleep(lock_type& lock);
  void drop(lock_type& lock, std::shared_ptr<loop_message> job) noexcept;

  mutable std::mutex mutex_;
  std::condition_variable wake_up_;
  std::list<std::shared_ptr<thread_job>> jobs_;
  std::atomic<bool> has_jobs_ = false;  // jobs_ is not empty; read without the lock
  int caller_cpu_ = -1;                 // the CPU that submitted the last call
  int spin_credit_ = 0;                 // rises with each spin that found a job, falls with each that did not
  unsigned skipped_spins_ = 0;          // since the credit ran out
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  std::size_t sleeping_ = 0;
  std::size_t busy_ = 0;
  std::size_t wake_ups_ = 0;  // pending notifications; their threads already count as idle
  bool ending_ = false;
  const std::size_t limit_;
  const std::string name_;
};

}  // namespace bight::detail
