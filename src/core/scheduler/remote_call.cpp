#include <bight/core/detail/remote_call.hpp>
#include <bight/core/detail/task_extras.hpp>
#include <bight/core/error.hpp>

namespace bight::detail {
namespace {

enum class request_kind { begin, stop, answer };

// Carries a call to the other loop, or its answer back.
class remote_message final : public loop_message {
 public:
  remote_message(std::shared_ptr<remote_call> call, request_kind what) noexcept
      : call_(std::move(call)), what_(what) {}
  // The loop that should begin has ended.
  ~remote_message() override {
    if (call_ && what_ == request_kind::begin) call_->send_answer();
  }
  void delivered() noexcept override {
    const auto call = std::move(call_);
    switch (what_) {
      case request_kind::begin:
        try {
          call->begin();
        } catch (...) {
          call->failed();
          call->send_answer();
        }
        break;
      case request_kind::stop:
        call->cancel_there();
        break;
      case request_kind::answer:
        call->answer_delivered();
        break;
    }
  }

 private:
  std::shared_ptr<remote_call> call_;
  request_kind what_;
};

}  // namespace

void remote_call::send_call(loop_core& home, waiting& w) {
  home_ = mailbox_of(home);
  values_ = current_values();
  auto begin = std::make_shared<remote_message>(shared_from_this(), request_kind::begin);
  home_loop_ = &home;
  waiter_ = &w;
  begin_external(home);
  send(*there_, std::move(begin));
}

void remote_call::begin() {
  const values_scope mine{values_};
  start();
}

void remote_call::cancel() noexcept {
  send(*there_, std::make_shared<remote_message>(shared_from_this(), request_kind::stop));
}

void remote_call::leave() noexcept {
  if (std::exchange(waiter_, nullptr)) end_external(*home_loop_);
}

void remote_call::answer_delivered() noexcept {
  if (auto* const w = waiter_) {
    leave();
    w->answered();
  }
}

// The caller waits for it, so that its deadline counts there, too.
void remote_call::adopt(joinable_task& task) {
  task_ = &task;
  if (values_) task.need_extras().locals = values_;
}

void remote_call::cancel_there() noexcept {
  if (task_) task_->request_cancel(nullptr, cancel_reason::request, {});
}

void remote_call::failed() noexcept { error_ = std::current_exception(); }

void remote_call::send_answer() noexcept {
  if (auto* const t = std::exchange(task_, nullptr)) t->release();
  send(*home_, std::make_shared<remote_message>(shared_from_this(), request_kind::answer));
}

void remote_call::rethrow() {
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  if (unanswered())
    throw boost::system::system_error(make_error_code(errc::loop_closed), "bight: loop_handle::submit");
}

}  // namespace bight::detail
