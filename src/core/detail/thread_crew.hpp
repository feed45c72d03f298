// Threads that make calls for loops, first come, first served.
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

/// A thread is busy with a call, looking for the next one, or asleep. Nobody is woken while one is looking;
/// the one that finds a call wakes the next if there are more. So a burst of short calls wakes few threads,
/// and a call never waits behind a long one while a thread could be had.
class thread_crew {
 public:
  /// At most `limit` threads, started when needed; `name` is what the system shows of them.
  thread_crew(std::size_t limit, std::string name) : limit_(limit), name_(std::move(name)) {}
  thread_crew(const thread_crew&) = delete;
  thread_crew& operator=(const thread_crew&) = delete;
  ~thread_crew() = default;  // see end()

  void submit(std::shared_ptr<thread_job> job);
  bool withdraw(thread_job& job) noexcept;
  /// Takes no more calls, makes those that it has, and waits for the threads.
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
  void call_another(lock_type& lock) noexcept;
  std::shared_ptr<thread_job> next(lock_type& lock);
  void look_around(lock_type& lock);
  void sleep(lock_type& lock);
  void drop(lock_type& lock, std::shared_ptr<letter> job) noexcept;

  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::list<std::shared_ptr<thread_job>> jobs_;
  std::atomic<bool> any_ = false;  // jobs_ is not empty: for who looks without the lock
  int caller_on_ = -1;             // the processor from which the last call came
  int luck_ = 0;                   // of those who looked around last
  unsigned chances_ = 0;           // not taken
  std::vector<std::thread> threads_;
  std::size_t looking_ = 0;
  std::size_t asleep_ = 0;
  std::size_t busy_ = 0;
  std::size_t wake_ups_ = 0;  // of threads that count as looking already
  bool ending_ = false;
  const std::size_t limit_;
  const std::string name_;
};

}  // namespace bight::detail
