#include <bight/core/detail/thread_job.hpp>

#include "core/detail/loop_impl.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace bight::detail {
namespace {

// Threads are detached and the pool is never destroyed: a call that was abandoned may outlive main().
class thread_pool {
 public:
  static thread_pool& instance() {
    static auto* const pool = new thread_pool;
    return *pool;
  }

  void submit(std::shared_ptr<thread_job> job) {
    std::unique_lock lock{mutex_};
    if (idle_ <= jobs_.size() && threads_ < limit_) {
      std::thread([this] { work(); }).detach();
      ++threads_;
    }
    jobs_.push_back(std::move(job));
    lock.unlock();
    more_.notify_one();
  }

 private:
  [[noreturn]] void work() {
    std::unique_lock lock{mutex_};
    while (true) {
      ++idle_;
      more_.wait(lock, [this] { return !jobs_.empty(); });
      --idle_;
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      thread_job::run(std::move(job));
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::shared_ptr<thread_job>> jobs_;
  std::size_t idle_ = 0;
  std::size_t threads_ = 0;
  const std::size_t limit_ = std::min<std::size_t>(32, std::max(1U, std::thread::hardware_concurrency()) + 4);
};

}  // namespace

void submit_to_pool(std::shared_ptr<thread_job> job) { thread_pool::instance().submit(std::move(job)); }

void thread_job::run(std::shared_ptr<thread_job> job) noexcept {
  job->call();
  const auto home = std::move(job->home);
  job->done.store(true);
  job->done.notify_all();
  home->deliver(std::move(job));
}

}  // namespace bight::detail
