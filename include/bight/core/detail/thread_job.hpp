// Calls on pool threads and their awaiters.
#pragma once
#include <atomic>
#include <bight/core/awaiter.hpp>
#include <bight/core/detail/local_values.hpp>
#include <bight/core/detail/mailbox.hpp>
#include <bight/core/detail/promise.hpp>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>

namespace bight::detail {

/// A call on a pool thread, awaited by a loop. Shared: either side may release it first.
class thread_job : public loop_message {
 public:
  /// Makes the call, on a thread of the pool. Returns the mailbox for the result.
  std::shared_ptr<mailbox> make_call() noexcept;
  void delivered() noexcept final {
    if (auto* const w = std::exchange(waiter, nullptr)) w->job_done();
  }
  /// Blocks the calling thread until the call has completed.
  void wait_for_end() const noexcept { done_.wait(false); }

  class waiting {
   public:
    virtual void job_done() noexcept = 0;

   protected:
    ~waiting() = default;
  };
  waiting* waiter = nullptr;  // loop thread only
  std::shared_ptr<mailbox> home;
  std::stop_source stop;
  shared_values values;                                    // of the task that waits; the call has a copy
  std::list<std::shared_ptr<thread_job>>::iterator place;  // in the line of its pool, under that one's mutex
  bool queued = false;                                     // likewise

 protected:
  thread_job() = default;
  virtual void call() noexcept = 0;

 private:
  std::atomic<bool> done_ = false;
};

/// A pool of threads.
class thread_pool_core;
struct thread_pool_access;
/// The process-wide pool.
std::shared_ptr<thread_pool_core> default_thread_pool();
/// Queues `job`. Errors: system_error if there is no thread and none can be started; errc::pool_closed.
void submit(thread_pool_core& to, std::shared_ptr<thread_job> job);
/// Returns true if the call had not started; then it is never made.
bool withdraw(thread_pool_core& from, thread_job& job) noexcept;

template <class F, class... Args>
struct stored_call {
  static constexpr bool takes_token = std::is_invocable_v<F, std::stop_token, Args...>;
  template <class... Us>
  static auto invoke_type() {
    if constexpr (takes_token)
      return std::type_identity<std::invoke_result_t<F, std::stop_token, Args...>>{};
    else
      return std::type_identity<std::invoke_result_t<F, Args...>>{};
  }
  using result_type = typename decltype(invoke_type())::type;

  template <class G, class... Us>
  explicit stored_call(G&& g, Us&&... us) : call(std::forward<G>(g), std::forward<Us>(us)...) {}

  void run(const std::stop_token& token) noexcept {
    try {
      auto invoke = [&](F& f, Args&... args) -> result_type {
        if constexpr (takes_token)
          return std::invoke(std::move(f), token, std::move(args)...);
        else
          return std::invoke(std::move(f), std::move(args)...);
      };
      if constexpr (std::is_void_v<result_type>)
        std::apply(invoke, call);
      else
        result.emplace(std::apply(invoke, call));
    } catch (...) { error = std::current_exception(); }
  }
  result_type take() {
    if (error) std::rethrow_exception(error);
    return result.take();
  }

  std::tuple<F, Args...> call;
  result_slot<result_type> result;
  std::exception_ptr error;
};

/// The awaiter of to_thread and run_in_executor. `Abandon`: a cancelled wait does not wait for the call.
template <bool Abandon, class F, class... Args>
class thread_call final : public basic_awaiter<thread_call<Abandon, F, Args...>>,
                          private thread_job::waiting {
 public:
  template <class... Us>
  explicit thread_call(std::shared_ptr<thread_pool_core> pool, Us&&... us)
      : pool_(std::move(pool)), job_(std::make_shared<job>(std::forward<Us>(us)...)) {}
  thread_call(thread_call&&) = default;
  ~thread_call() {
    this->report_unless_awaited();
    if (!this->parked()) return;
    job_->stop.request_stop();
    leave();
    if (withdraw(*pool_, *job_)) return;
    if constexpr (!Abandon) job_->wait_for_end();  // the call may refer to the frame
  }
  const char* waiting_for() const noexcept override { return "to_thread"; }

 private:
  friend class basic_awaiter<thread_call>;
  class job final : public thread_job {
   public:
    template <class... Us>
    explicit job(Us&&... us) : stored(std::forward<Us>(us)...) {}
    stored_call<F, Args...> stored;

   private:
    void call() noexcept override { stored.run(this->stop.get_token()); }
  };

  bool ready() override { return false; }
  void park() override {
    job_->home = mailbox_of(this->loop());
    job_->waiter = this;
    job_->values = current_values();
    begin_external(this->loop());
    try {
      submit(*pool_, job_);
    } catch (...) {
      leave();
      throw;
    }
  }
  bool unpark() noexcept override {
    job_->stop.request_stop();
    if (!withdraw(*pool_, *job_) && !Abandon) return false;
    leave();
    return true;
  }
  void leave() noexcept {
    job_->waiter = nullptr;
    end_external(this->loop());
  }
  void job_done() noexcept override {
    end_external(this->loop());
    this->wake();
  }
  typename stored_call<F, Args...>::result_type result() {
    if (job_->stored.error && job_->stop.stop_requested()) this->throw_if_cancelled();
    return job_->stored.take();
  }

  std::shared_ptr<thread_pool_core> pool_;
  std::shared_ptr<job> job_;
};

}  // namespace bight::detail
