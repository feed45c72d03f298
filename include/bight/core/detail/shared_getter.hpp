// A task that waits for what another thread brings, and how that thread tells it.
#pragma once
#include <bight/core/detail/mailbox.hpp>
#include <list>
#include <memory>
#include <utility>

namespace bight::detail {

/// A task in shared_queue::get, as other threads see it: it outlives the frame that waits.
class shared_getter final : public letter {
 public:
  class waiting {
   public:
    virtual void told() noexcept = 0;

   protected:
    ~waiting() = default;
  };
  using line = std::list<std::shared_ptr<shared_getter>>;

  shared_getter(loop_core& loop, waiting& w) : waiter(&w), home(mailbox_of(loop)) {}
  void came_home() noexcept override {
    if (auto* const w = std::exchange(waiter, nullptr)) w->told();
  }

  waiting* waiter;  // loop thread only
  std::shared_ptr<mailbox> home;
  // Under the queue's mutex:
  line::iterator place;
  bool told = false;     // no longer in line
  bool claimed = false;  // an item is kept for it
};

/// Tells it on its loop's thread. From any thread; null is nobody.
void send_home(std::shared_ptr<shared_getter> getter) noexcept;

/// Throws std::logic_error on the thread of a running loop.
void forbid_blocking_here();

}  // namespace bight::detail
