// Threads that make calls for loops, first come, first served.
#pragma once
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
  void work();

  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::list<std::shared_ptr<thread_job>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  std::size_t busy_ = 0;
  bool ending_ = false;
  const std::size_t limit_;
  const std::string name_;
};

}  // namespace bight::detail
