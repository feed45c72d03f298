// A small io_uring of one loop, and the awaiter of what it does.
#pragma once
#include <bight/core/awaiter.hpp>
#include <bight/core/clock.hpp>
#include <bight/core/detail/loop_core.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace bight::fs::detail {

/// What is to be done with a file.
struct file_request {
  enum class kind : std::uint8_t { read, write, sync_data, sync_all };
  kind what = kind::read;
  int fd = -1;
  std::byte* data = nullptr;  ///< Not written to by a write.
  std::size_t size = 0;       ///< At most 1 GiB.
  std::uint64_t offset = 0;
};

class ring;

/// Awaits one operation of a ring: its result as the kernel gives it, a number of bytes or -errno.
/// Cancellation: what has not begun never does. What has is asked to stop and awaited to its end, so the
/// buffer is not touched afterwards; if it did something anyway, that is the result. Lifetime:
/// destroyed with its loop while it is in flight, it blocks until the kernel is done with the buffer.
class ring_operation final : public basic_awaiter<ring_operation> {
 public:
  ring_operation(ring& where, const char* name, const file_request& what) noexcept
      : ring_(&where), name_(name), what_(what) {}
  ring_operation(const ring_operation&) = delete;
  ring_operation& operator=(const ring_operation&) = delete;
  ~ring_operation();
  const char* waiting_for() const noexcept override { return name_; }

 private:
  friend class basic_awaiter<ring_operation>;
  friend class ring;
  enum class stage : std::uint8_t { none, in_line, in_flight };

  bool ready() override { return false; }
  void park() override;
  bool unpark() noexcept override;
  int result();
  void completed(int result) noexcept;

  ring* ring_;
  const char* name_;
  file_request what_;
  int result_ = 0;
  stage stage_ = stage::none;
  bool stopping_ = false;
  ring_operation* next_ = nullptr;  // in line
};

/// The ring. Operations that are started in the same turn of the loop go to the kernel together; those that
/// find it full wait here. Its descriptor is watched only while something is in flight. When the kernel is
/// short of memory it is asked again after 1 ms, then after twice as long each time, at most 50 ms, and
/// whenever an operation ends. Loop thread only.
class ring final : private bight::detail::scheduled,
                   private bight::detail::timer_node,
                   public std::enable_shared_from_this<ring> {
 public:
  static constexpr unsigned entries = 256;

  /// False if bight was built without liburing.
  static bool built_in() noexcept;

  /// Makes one and reads a byte with it. Errors: system_error, whatever the reason is.
  explicit ring(bight::detail::loop_core& loop);
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;
  ~ring();

  void start(ring_operation& op) noexcept;
  /// Returns true if `op` has not begun: it never will.
  bool cancel(ring_operation& op) noexcept;
  /// Blocks until nothing of `op` is left.
  void abandon(ring_operation& op) noexcept;
  /// Operations that the kernel has, or is to get as soon as it takes them.
  unsigned in_flight() const noexcept { return in_flight_; }
  /// 0, or why the kernel takes nothing more. Operations that it has not taken end with EAGAIN.
  int refusal() const noexcept { return refusal_; }

  /// Of tests: asked before the kernel is. 0: that happens; -errno: that is its answer.
  std::function<int()> submit_fault;

 private:
  using descriptor = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;
  struct kernel;  // what needs liburing
  void run() noexcept override;
  void expired() noexcept override;
  void pump() noexcept;
  void flush_soon() noexcept;
  void try_later() noexcept;
  void watch();
  void readable() noexcept;
  bool submit() noexcept;
  int enter(unsigned wait_for) noexcept;
  void give_back() noexcept;
  bool reap() noexcept;
  bool take_out(ring_operation& op) noexcept;

  bight::detail::loop_core* loop_;
  std::unique_ptr<kernel> kernel_;
  std::unique_ptr<descriptor> poll_;
  ring_operation* first_ = nullptr;  // in line
  ring_operation* last_ = nullptr;
  unsigned in_flight_ = 0;
  int refusal_ = 0;
  clock::duration pause_{};  // before the next try, when the kernel takes nothing
  bool flush_due_ = false;
  bool watching_ = false;
  bool writes_ = false;  // among what is to be submitted
};

}  // namespace bight::fs::detail
