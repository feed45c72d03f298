// A call on another loop, and the awaiter of its answer.
#pragma once
#include <bight/core/awaitable.hpp>
#include <bight/core/awaiter.hpp>
#include <bight/core/cancel.hpp>
#include <bight/core/detail/bound_call.hpp>
#include <bight/core/detail/local_values.hpp>
#include <bight/core/detail/mailbox.hpp>
#include <bight/core/detail/task_core.hpp>
#include <bight/core/detail/traits.hpp>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace bight::detail {

/// The state of a call, shared by both loops. Each part is used by one of their threads; the mutexes of the
/// mailboxes order the accesses.
class remote_call : public std::enable_shared_from_this<remote_call> {
 public:
  class waiting {
   public:
    virtual void answered() noexcept = 0;

   protected:
    ~waiting() = default;
  };

  remote_call(const remote_call&) = delete;
  remote_call& operator=(const remote_call&) = delete;
  virtual ~remote_call() = default;

  /// Caller: sends the call. `answered` is called later, unless `waiter` is null by then.
  void send_call(loop_core& home, waiting& w);
  /// Caller: cancels the task on the other loop.
  void cancel() noexcept;
  /// Caller: stops waiting.
  void leave() noexcept;
  /// Caller: whether it was cancelled on the other loop, or that loop has ended.
  bool unanswered() const noexcept { return !has_result_ && !error_; }
  /// Caller: throws the error, if any. The error then belongs to this thread, whichever side releases the
  /// call last.
  void rethrow();

  // On the other loop:
  /// Starts the task, with the task_local values of the caller.
  void begin();
  void adopt(joinable_task& task);
  /// Stores the current exception.
  void failed() noexcept;
  /// Sends the outcome to the caller.
  void send_answer() noexcept;
  void cancel_there() noexcept;
  void answer_delivered() noexcept;

 protected:
  explicit remote_call(std::shared_ptr<mailbox> there) noexcept : there_(std::move(there)) {}
  void succeeded() noexcept { has_result_ = true; }
  virtual void start() = 0;

 private:
  std::shared_ptr<mailbox> there_;
  std::shared_ptr<mailbox> home_;
  loop_core* home_loop_ = nullptr;  // home thread only
  waiting* waiter_ = nullptr;       // home thread only
  joinable_task* task_ = nullptr;   // there only; a reference
  shared_values values_;
  std::exception_ptr error_;
  bool has_result_ = false;
};

template <class F, class... Args>
class stored_remote_call final : public remote_call {
 public:
  using result_type = call_result_t<F, Args...>;

  template <class G, class... Us>
  explicit stored_remote_call(std::shared_ptr<mailbox> there, G&& g, Us&&... us)
      : remote_call(std::move(there)), call_(std::forward<G>(g), std::forward<Us>(us)...) {}

  result_slot<result_type>& result() noexcept { return result_; }

 private:
  void start() override {
    auto& loop = *this_loop;
    adopt(*make_task(loop, root_owner(loop), make,
                     ticket{std::static_pointer_cast<stored_remote_call>(this->shared_from_this())}));
  }
  // Sends the answer when it is destroyed, whether or not the task has run.
  class ticket {
   public:
    explicit ticket(std::shared_ptr<stored_remote_call> c) noexcept : call(std::move(c)) {}
    ticket(ticket&&) noexcept = default;
    ~ticket() {
      if (!call) return;
      call->call_.drop();  // the arguments are destroyed on the task's thread
      call->send_answer();
    }
    std::shared_ptr<stored_remote_call> call;
  };
  static awaitable<void> make(ticket answer) {
    auto* const self = answer.call.get();
    try {
      auto work = to_awaitable(self->call_());
      if constexpr (std::is_void_v<result_type>)
        co_await std::move(work);
      else
        self->result_.emplace(co_await std::move(work));
      self->succeeded();
    } catch (const cancelled_error&) { throw; } catch (...) {
      self->failed();
    }
  }

  bound_call<F, Args...> call_;
  result_slot<result_type> result_;
};

/// loop_handle::submit.
template <class F, class... Args>
class remote_awaiter final : public basic_awaiter<remote_awaiter<F, Args...>>, private remote_call::waiting {
  using call = stored_remote_call<F, Args...>;

 public:
  template <class... Us>
  explicit remote_awaiter(std::shared_ptr<mailbox> there, Us&&... us)
      : call_(std::make_shared<call>(std::move(there), std::forward<Us>(us)...)) {}
  remote_awaiter(remote_awaiter&&) = default;
  ~remote_awaiter() {
    this->report_unless_awaited();
    if (!this->parked()) return;
    call_->cancel();
    call_->leave();
  }
  const char* waiting_for() const noexcept override { return "loop_handle::submit"; }

 private:
  friend class basic_awaiter<remote_awaiter>;
  bool ready() override { return false; }
  void park() override { call_->send_call(this->loop(), *this); }
  bool unpark() noexcept override {
    call_->cancel();
    return false;
  }
  void answered() noexcept override { this->wake(); }
  typename call::result_type result() {
    if (call_->unanswered()) this->throw_if_cancelled();
    call_->rethrow();
    return call_->result().take();
  }

  std::shared_ptr<call> call_;
};

}  // namespace bight::detail
