#include <bight/core/loop_handle.hpp>

#include "core/scheduler/loop_impl.hpp"
#include "core/scheduler/step_timer.hpp"

namespace bight {

// While it lives, the loop knows that somebody may send something.
class loop_handle::life {
 public:
  explicit life(std::shared_ptr<detail::mailbox> mail) : mail_(std::move(mail)) {
    detail::begin_external(mail_->loop());
  }
  life(const life&) = delete;
  life& operator=(const life&) = delete;
  ~life() { detail::send(*mail_, std::make_shared<release_message>()); }

  const std::shared_ptr<detail::mailbox>& mail() const noexcept { return mail_; }

 private:
  class release_message final : public detail::loop_message {
    void delivered() noexcept override { detail::end_external(*detail::this_loop); }
  };
  std::shared_ptr<detail::mailbox> mail_;
};

loop_handle::loop_handle(std::shared_ptr<detail::mailbox> mail)
    : life_(std::make_shared<const life>(std::move(mail))) {}

const std::shared_ptr<detail::mailbox>& loop_handle::mailbox() const noexcept { return life_->mail(); }

void detail::posted_function::delivered() noexcept {
  const values_scope mine{values_};
  call_and_log(*this_loop, "call_soon_threadsafe", [this] { call(); });
}

}  // namespace bight
