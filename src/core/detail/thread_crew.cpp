#include "core/detail/thread_crew.hpp"

#include <sched.h>

#include <algorithm>
#include <bight/core/error.hpp>
#include <chrono>
#include <exception>
#include <system_error>

#include "core/detail/quiet_thread.hpp"

namespace bight::detail {

void thread_crew::submit(std::shared_ptr<thread_job> job) {
  lock_type lock{mutex_};
  if (ending_) throw boost::system::system_error(make_error_code(errc::pool_closed), "bight: " + name_);
  if (looking_ == 0 && asleep_ == 0 && threads_.size() < limit_) start_if_possible();
  auto& j = *job;
  j.place = jobs_.insert(jobs_.end(), std::move(job));
  j.in_line = true;
  caller_on_ = ::sched_getcpu();
  any_.store(true, std::memory_order_relaxed);
  if (looking_ == 0 && asleep_ != 0) wake_one(lock);
}

bool thread_crew::withdraw(thread_job& job) noexcept {
  const std::lock_guard lock{mutex_};
  if (!job.in_line) return false;
  job.in_line = false;
  jobs_.erase(job.place);
  any_.store(!jobs_.empty(), std::memory_order_relaxed);
  return true;
}

void thread_crew::start_thread() {
  threads_.push_back(start_quiet_thread(name_.c_str(), [this] { work(); }));
  ++looking_;
}

// Where no further thread can be started, those that there are do it.
void thread_crew::start_if_possible() {
  try {
    start_thread();
  } catch (const std::system_error& e) {
    if (threads_.empty())
      throw boost::system::system_error(e.code(), "bight: " + name_ + ": a thread could not be started");
  }
}

// Lets go of the lock, so that the other does not wake up to wait for it.
void thread_crew::wake_one(lock_type& lock) {
  --asleep_;
  ++looking_;
  ++wake_ups_;
  lock.unlock();
  more_.notify_one();
}

void thread_crew::sleep(lock_type& lock) {
  --looking_;
  ++asleep_;
  more_.wait(lock, [this] { return ending_ || wake_ups_ != 0; });
  if (wake_ups_ != 0) {
    --wake_ups_;
  } else {
    --asleep_;
    ++looking_;
  }
}

// For as long as a loop may need to come up with its next call: to fall asleep and to be woken costs several
// times that where processors idle. Pays only if it finds something most of the time.
void thread_crew::look_around(lock_type& lock) {
  constexpr std::chrono::microseconds patience{20};
  constexpr int most_luck = 8;
  constexpr unsigned seldom = 32;
  if (looking_ != 1 || ending_ || !jobs_.empty()) return;
  if (caller_on_ == ::sched_getcpu()) return;  // the loop needs the processor that they share
  if (luck_ == 0 && ++chances_ % seldom != 0) return;
  lock.unlock();
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!any_.load(std::memory_order_relaxed) && std::chrono::steady_clock::now() < until) {}
  lock.lock();
  luck_ = jobs_.empty() ? std::max(0, luck_ - 2) : std::min(most_luck, luck_ + 1);
}

// Null at the end. Whoever takes one sees to it that the others are not left lying.
std::shared_ptr<thread_job> thread_crew::next(lock_type& lock) {
  while (jobs_.empty()) {
    if (ending_) return nullptr;
    sleep(lock);
  }
  auto job = std::move(jobs_.front());
  jobs_.pop_front();
  job->in_line = false;
  any_.store(!jobs_.empty(), std::memory_order_relaxed);
  return job;
}

void thread_crew::work() {
  lock_type lock{mutex_};
  while (auto job = next(lock)) {
    --looking_;
    ++busy_;
    if (!jobs_.empty() && looking_ == 0 && !ending_) call_another(lock);
    if (lock) lock.unlock();
    const auto home = job->make_call();
    lock.lock();
    --busy_;
    ++looking_;  // before the loop hears of it: its next call need not wake anybody
    lock.unlock();
    std::shared_ptr<letter> done = std::move(job);
    const bool taken = offer(*home, done);
    lock.lock();
    if (!taken)
      drop(lock, std::move(done));
    else
      look_around(lock);
  }
  --looking_;
}

// The loop is gone. What the call has kept may take its time to go: that is no looking.
void thread_crew::drop(lock_type& lock, std::shared_ptr<letter> job) noexcept {
  --looking_;
  ++busy_;
  if (!jobs_.empty() && looking_ == 0 && !ending_) call_another(lock);
  if (lock) lock.unlock();
  job.reset();
  lock.lock();
  --busy_;
  ++looking_;
}

void thread_crew::call_another(lock_type& lock) noexcept {
  if (asleep_ != 0) return wake_one(lock);
  if (threads_.size() == limit_) return;
  try {
    start_if_possible();
  } catch (const std::exception&) {}  // out of memory: who makes this call makes the others
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

std::shared_ptr<mailbox> thread_job::make_call() noexcept {
  {
    const values_scope mine{values};
    call();
  }
  auto to = std::move(home);
  done_.store(true);
  done_.notify_all();
  return to;
}

}  // namespace bight::detail
