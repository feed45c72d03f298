#include <bight/core/detail/remote_call.hpp>
#include <bight/core/detail/task_extras.hpp>
#include <bight/core/error.hpp>

namespace bight::detail {
namespace {

enum class errand { begin, stop, answer };

// Takes a call to the other loop, or back.
class messenger final : public letter {
 public:
  messenger(std::shared_ptr<remote_call> call, errand what) noexcept : call_(std::move(call)), what_(what) {}
  // The loop that should begin has ended.
  ~messenger() override {
    if (call_ && what_ == errand::begin) call_->send_home();
  }
  void came_home() noexcept override {
    const auto call = std::move(call_);
    switch (what_) {
      case errand::begin:
        try {
          call->begin();
        } catch (...) {
          call->failed();
          call->send_home();
        }
        break;
      case errand::stop:
        call->cancel_there();
        break;
      case errand::answer:
        call->came_back();
        break;
    }
  }

 private:
  std::shared_ptr<remote_call> call_;
  errand what_;
};

}  // namespace

void remote_call::send_there(loop_core& home, waiting& w) {
  home_ = mailbox_of(home);
  values_ = current_values();
  auto letter = std::make_shared<messenger>(shared_from_this(), errand::begin);
  home_loop_ = &home;
  waiter_ = &w;
  begin_external(home);
  send(*there_, std::move(letter));
}

void remote_call::begin() {
  const values_scope mine{values_};
  start();
}

void remote_call::cancel() noexcept {
  send(*there_, std::make_shared<messenger>(shared_from_this(), errand::stop));
}

void remote_call::leave() noexcept {
  if (std::exchange(waiter_, nullptr)) end_external(*home_loop_);
}

void remote_call::came_back() noexcept {
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

void remote_call::send_home() noexcept {
  if (auto* const t = std::exchange(task_, nullptr)) t->release();
  send(*home_, std::make_shared<messenger>(shared_from_this(), errand::answer));
}

void remote_call::rethrow() {
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  if (unanswered())
    throw boost::system::system_error(make_error_code(errc::loop_closed), "bight: loop_handle::submit");
}

}  // namespace bight::detail
