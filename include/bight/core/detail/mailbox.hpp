// What threads send to a loop.
#pragma once
#include <memory>

namespace bight::detail {

struct loop_core;

/// Something that goes to a loop's thread. If it is destroyed without having come home, the loop was gone.
class letter {
 public:
  letter() = default;
  letter(const letter&) = delete;
  letter& operator=(const letter&) = delete;
  virtual ~letter() = default;
  /// Called once, on the loop's thread.
  virtual void came_home() noexcept = 0;
};

/// Takes letters to a loop's thread, from any thread, as long as the loop lives.
class mailbox;
std::shared_ptr<mailbox> mailbox_of(loop_core& loop);
/// Returns false, and drops the letter, if the loop is gone. Keeps the loop running until it has come home.
bool send(mailbox& to, std::shared_ptr<letter> l) noexcept;
/// The same, but leaves the letter with the caller then.
bool offer(mailbox& to, std::shared_ptr<letter>& l) noexcept;

/// External work keeps a loop from ending, and virtual time from jumping.
void begin_external(loop_core& loop) noexcept;
void end_external(loop_core& loop) noexcept;

}  // namespace bight::detail
