#include "core/thread/thread_pool_core.hpp"

#include <sched.h>

#include <algorithm>
#include <bight/core/error.hpp>
#include <chrono>
#include <exception>
#include <system_error>

#include "core/thread/background_thread.hpp"

namespace bight::detail {

void thread_pool_core::submit(std::shared_ptr<thread_job> job) {
  lock_type lock{mutex_};
  if (ending_) throw boost::system::system_error(make_error_code(errc::pool_closed), "bight: " + name_);
  if (idle_ == 0 && sleeping_ == 0 && threads_.size() < limit_) start_if_possible();
  auto& j = *job;
  j.place = jobs_.insert(jobs_.end(), std::move(job));
  j.queued = true;
  caller_cpu_ = ::sched_getcpu();
  has_jobs_.store(true, std::memory_order_relaxed);
  if (idle_ == 0 && sleeping_ != 0) wake_one(lock);
}

bool thread_pool_core::withdraw(thread_job& job) noexcept {
  const std::lock_guard lock{mutex_};
  if (!job.queued) return false;
  job.queued = false;
  jobs_.erase(job.place);
  has_jobs_.store(!jobs_.empty(), std::memory_order_relaxed);
  return true;
}

void thread_pool_core::start_thread() {
  threads_.push_back(start_background_thread(name_.c_str(), [this] { work(); }));
  ++idle_;
}

// If no further thread can be started, the existing ones make the calls.
void thread_pool_core::start_if_possible() {
  try {
    start_thread();
  } catch (const std::system_error& e) {
    if (threads_.empty())
      throw boost::system::system_error(e.code(), "bight: " + name_ + ": a thread could not be started");
  }
}

// Notifies without the lock, which the woken thread would otherwise wait for.
void thread_pool_core::wake_one(lock_type& lock) {
  --sleeping_;
  ++idle_;
  ++wake_ups_;
  lock.unlock();
  wake_up_.notify_one();
}

void thread_pool_core::sleep(lock_type& lock) {
  --idle_;
  ++sleeping_;
  wake_up_.wait(lock, [this] { return ending_ || wake_ups_ != 0; });
  if (wake_ups_ != 0) {
    --wake_ups_;
  } else {
    --sleeping_;
    ++idle_;
  }
}

// Spins for as long as a loop may need to submit its next call: sleeping and being woken costs several times
// that on an idle CPU. This pays only if most spins find a job, so that spinning stops after several that do
// not, and is tried again once in `retry_interval` times.
void thread_pool_core::spin(lock_type& lock) {
  constexpr std::chrono::microseconds max_spin_time{20};
  constexpr int max_credit = 8;
  constexpr unsigned retry_interval = 32;
  if (idle_ != 1 || ending_ || !jobs_.empty()) return;
  if (caller_cpu_ == ::sched_getcpu()) return;  // the loop needs this CPU
  if (spin_credit_ == 0 && ++skipped_spins_ % retry_interval != 0) return;
  lock.unlock();
  const auto until = std::chrono::steady_clock::now() + max_spin_time;
  while (!has_jobs_.load(std::memory_order_relaxed) && std::chrono::steady_clock::now() < until) {}
  lock.lock();
  spin_credit_ = jobs_.empty() ? std::max(0, spin_credit_ - 2) : std::min(max_credit, spin_credit_ + 1);
}

// Null at the end. The caller must see to the jobs that are still queued.
std::shared_ptr<thread_job> thread_pool_core::next(lock_type& lock) {
  while (jobs_.empty()) {
    if (ending_) return nullptr;
    sleep(lock);
  }
  auto job = std::move(jobs_.front());
  jobs_.pop_front();
  job->queued = false;
  has_jobs_.store(!jobs_.empty(), std::memory_order_relaxed);
  return job;
}

void thread_pool_core::work() {
  lock_type lock{mutex_};
  while (auto job = next(lock)) {
    --idle_;
    ++busy_;
    if (!jobs_.empty() && idle_ == 0 && !ending_) wake_another(lock);
    if (lock) lock.unlock();
    const auto home = job->make_call();
    lock.lock();
    --busy_;
    ++idle_;  // before the loop is notified: its next call need not wake a thread
    lock.unlock();
    std::shared_ptr<loop_message> message = std::move(job);
    const bool taken = offer(*home, message);
    lock.lock();
    if (!taken)
      drop(lock, std::move(message));
    else
      spin(lock);
  }
  --idle_;
}

// The loop is gone. Destroying what the call stored may take long, so this thread counts as busy.
void thread_pool_core::drop(lock_type& lock, std::shared_ptr<loop_message> job) noexcept {
  --idle_;
  ++busy_;
  if (!jobs_.empty() && idle_ == 0 && !ending_) wake_another(lock);
  if (lock) lock.unlock();
  job.reset();
  lock.lock();
  --busy_;
  ++idle_;
}

void thread_pool_core::wake_another(lock_type& lock) noexcept {
  if (sleeping_ != 0) return wake_one(lock);
  if (threads_.size() == limit_) return;
  try {
    start_if_possible();
  } catch (const std::exception&) {}  // out of memory: this thread makes the other calls, too
}

void thread_pool_core::end() {
  std::unique_lock lock{mutex_};
  ending_ = true;
  auto threads = std::move(threads_);
  lock.unlock();
  wake_up_.notify_all();
  for (auto& t : threads) t.join();
}

std::size_t thread_pool_core::waiting() const {
  const std::lock_guard lock{mutex_};
  return jobs_.size();
}

std::size_t thread_pool_core::running() const {
  const std::lock_guard lock{mutex_};
  return busy_;
}

// Never destroyed: an abandoned call may outlive main().
std::shared_ptr<thread_pool_core> default_thread_pool() {
  constexpr std::size_t most = 32;
  static auto* const pool = new std::shared_ptr<thread_pool_core>(std::make_shared<thread_pool_core>(
      std::min(most, std::max<std::size_t>(1, std::thread::hardware_concurrency()) + 4), "bight-thread"));
  return *pool;
}

void submit(thread_pool_core& to, std::shared_ptr<thread_job> job) { to.submit(std::move(job)); }
bool withdraw(thread_pool_core& from, thread_job& job) noexcept { return from.withdraw(job); }

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
