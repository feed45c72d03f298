#include "core/detail/thread_crew.hpp"

#include <algorithm>
#include <bight/core/error.hpp>

#include "core/detail/quiet_thread.hpp"

namespace bight::detail {

void thread_crew::submit(std::shared_ptr<thread_job> job) {
  std::unique_lock lock{mutex_};
  if (ending_) throw boost::system::system_error(make_error_code(errc::pool_closed), "bight: " + name_);
  if (idle_ <= jobs_.size() && threads_.size() < limit_)
    threads_.push_back(start_quiet_thread(name_.c_str(), [this] { work(); }));
  auto& j = *job;
  j.place = jobs_.insert(jobs_.end(), std::move(job));
  j.in_line = true;
  lock.unlock();
  more_.notify_one();
}

bool thread_crew::withdraw(thread_job& job) noexcept {
  const std::lock_guard lock{mutex_};
  if (!job.in_line) return false;
  job.in_line = false;
  jobs_.erase(job.place);
  return true;
}

void thread_crew::work() {
  std::unique_lock lock{mutex_};
  while (true) {
    ++idle_;
    more_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    --idle_;
    if (jobs_.empty()) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    job->in_line = false;
    ++busy_;
    lock.unlock();
    thread_job::run(std::move(job));
    lock.lock();
    --busy_;
  }
}

void thread_crew::end() {
  std::unique_lock lock{mutex_};
  ending_ = true;
  auto threads = std::move(threads_);
  lock.unlock();
  more_.notify_all();
  for (auto& t : threads) t.join();
}

std::size_t thread_crew::waiting() const {
  const std::lock_guard lock{mutex_};
  return jobs_.size();
}

std::size_t thread_crew::running() const {
  const std::lock_guard lock{mutex_};
  return busy_;
}

// Never destroyed: a call that was abandoned may outlive main().
std::shared_ptr<thread_crew> common_crew() {
  constexpr std::size_t most = 32;
  static auto* const crew = new std::shared_ptr<thread_crew>(std::make_shared<thread_crew>(
      std::min(most, std::max<std::size_t>(1, std::thread::hardware_concurrency()) + 4), "bight-thread"));
  return *crew;
}

void submit(thread_crew& to, std::shared_ptr<thread_job> job) { to.submit(std::move(job)); }
bool withdraw(thread_crew& from, thread_job& job) noexcept { return from.withdraw(job); }

void thread_job::run(std::shared_ptr<thread_job> job) noexcept {
  job->call();
  const auto home = std::move(job->home);
  job->done_.store(true);
  job->done_.notify_all();
  send(*home, std::move(job));
}

}  // namespace bight::detail
