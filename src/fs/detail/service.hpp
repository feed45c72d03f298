// The state shared by all files of a loop: backend, ring, caches.
#pragma once
#include <bight/core/detail/loop_guest.hpp>
#include <bight/core/thread_pool.hpp>
#include <bight/fs/backend.hpp>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>

#include "fs/detail/in_place.hpp"
#include "fs/detail/ring.hpp"

namespace bight::fs::detail {

/// Lets tests make operations fall short and fail, below everything that deals with that.
struct injected_faults {
  std::size_t largest = std::numeric_limits<std::size_t>::max();  ///< No operation moves more bytes.
  std::size_t largest_in_place = largest;  ///< The same for what is done in place; 0 is told as an end.
  std::function<int()> error;              ///< The errno of the next operation; 0: none.
};

/// Of tests: false makes `directory::find` of this thread ask a thread always.
inline thread_local bool finds_in_place = true;

/// One per loop. Made when it is first asked for, ends with its loop; files keep what is left of it.
class service final : private bight::detail::loop_guest {
 public:
  /// The running loop's. Errors: errc::wrong_loop if there is none.
  static std::shared_ptr<service> here();

  explicit service(bight::detail::loop_core& loop);
  service(const service&) = delete;
  service& operator=(const service&) = delete;
  ~service() = default;

  /// The loop; null once it is gone.
  bight::detail::loop_core* loop() const noexcept { return home(); }
  void choose(backend wanted);
  /// Null if it has to be threads.
  ring* uring();

  injected_faults faults;
  /// Of tests: false sends all reads to the ring or to threads.
  bool inline_reads = true;
  /// False where an end that is told in place may be none: see preadv2(2), BUGS.
  bool ends_in_place = true;
  /// Of tests: false makes streams do without RWF_NOWAIT, as old kernels have it; or also without opening
  /// them again.
  bool nowait_streams = true;
  bool reopened_streams = true;
  known_folders folders;

 private:
  void loop_closing() noexcept override;

  std::shared_ptr<ring> ring_;
  backend wanted_ = backend::automatic;
  bool tried_ = false;
};

/// The threads for what may block.
thread_pool& threads();

}  // namespace bight::fs::detail
