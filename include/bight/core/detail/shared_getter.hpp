// A task that waits in shared_queue::get, and how other threads notify it.
#pragma once
#include <bight/core/detail/mailbox.hpp>
#include <list>
#include <memory>
#include <utility>

namespace bight::detail {

/// A task in shared_queue::get, as other threads see it: it outlives the frame that waits.
class shared_getter final : public loop_message {
 public:
  class waiting {
   public:
    virtual void notified() noexcept = 0;

   protected:
    ~waiting() = default;
  };
  using queue_type = std::list<std::shared_ptr<shared_getter>>;

  shared_getter(loop_core& loop, waiting& w) : waiter(&w), home(mailbox_of(loop)) {}
  void delivered() noexcept override {
    if (auto* const w = std::exchange(waiter, nullptr)) w->notified();
  }

  waiting* waiter;  // loop thread only
  std::shared_ptr<mailbox> home;
  // Under the queue's mutex:
  queue_type::iterator place;
  bool notified = false;  // no longer queued
  bool claimed = false;   // an item is reserved for it
};

/// Notifies the getter on its loop's thread, from any thread. Null is allowed.
void notify(std::shared_ptr<shared_getter> getter) noexcept;

/// Throws std::logic_error on the thread of a running loop.
void forbid_blocking_here();

}  // namespace bight::detail
