#include "core/scheduler/mailbox.hpp"

#include <boost/asio/post.hpp>
#include <thread>
#include <utility>

#include "core/scheduler/loop_impl.hpp"

namespace bight::detail {

// One handler serves all messages that are queued before it runs. It is posted without the lock, which the
// woken loop would otherwise wait for.
bool mailbox::post(std::shared_ptr<loop_message>& m) noexcept {
  {
    const std::lock_guard lock{mutex_};
    if (closed_) return false;
    waiting_.push_back(std::move(m));
    if (waiting_.size() != 1) return true;
    ++notifying_;
  }
  boost::asio::post(*io_, [loop = loop_] { loop->receive(); });
  notifying_.fetch_sub(1, std::memory_order_release);
  return true;
}

void mailbox::collect(messages& emptied) noexcept {
  const std::lock_guard lock{mutex_};
  waiting_.swap(emptied);
}

mailbox::messages mailbox::close() noexcept {
  messages left;
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    left.swap(waiting_);
  }
  while (notifying_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  return left;
}

void loop_impl::receive() {
  if (!timer_) return;  // closed; the context is still in use
  const loop_entry entry{*this};
  mailbox_->collect(received_);
  for (auto& m : received_) {
    m->delivered();
    m.reset();
  }
  received_.clear();
}

bool send(mailbox& to, std::shared_ptr<loop_message> m) noexcept { return to.post(m); }
bool offer(mailbox& to, std::shared_ptr<loop_message>& m) noexcept { return to.post(m); }

std::shared_ptr<mailbox> mailbox_of(loop_core& loop) { return static_cast<loop_impl&>(loop).mail(); }

void begin_external(loop_core& loop) noexcept {
  ++loop.external_work;
  static_cast<loop_impl&>(loop).io().get_executor().on_work_started();
}

void end_external(loop_core& loop) noexcept {
  --loop.external_work;
  static_cast<loop_impl&>(loop).io().get_executor().on_work_finished();
}

}  // namespace bight::detail
