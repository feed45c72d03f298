// Messages from threads to a loop.
#pragma once
#include <memory>

namespace bight::detail {

struct loop_core;

/// A message to a loop's thread. Destroyed without having been delivered if the loop is gone.
class loop_message {
 public:
  loop_message() = default;
  loop_message(const loop_message&) = delete;
  loop_message& operator=(const loop_message&) = delete;
  virtual ~loop_message() = default;
  /// Called once, on the loop's thread.
  virtual void delivered() noexcept = 0;
};

/// Delivers messages to a loop's thread, from any thread, while the loop exists.
class mailbox;
std::shared_ptr<mailbox> mailbox_of(loop_core& loop);
/// Returns false, and drops the message, if the loop is gone. Keeps the loop running until the message has
/// been delivered.
bool send(mailbox& to, std::shared_ptr<loop_message> m) noexcept;
/// Same, but the caller keeps the message if the loop is gone.
bool offer(mailbox& to, std::shared_ptr<loop_message>& m) noexcept;

/// External work keeps a loop from ending, and virtual time from jumping.
void begin_external(loop_core& loop) noexcept;
void end_external(loop_core& loop) noexcept;

}  // namespace bight::detail
