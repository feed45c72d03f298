#include "fs/detail/ring.hpp"

#include <liburing.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <bight/asio.hpp>
#include <bight/core/detail/bridge_entry.hpp>
#include <bight/core/detail/held_signal.hpp>
#include <bight/core/detail/mailbox.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

namespace bight::fs::detail {

using boost::system::error_code;
using boost::system::system_category;
using boost::system::system_error;
using std::chrono::milliseconds;

namespace {

[[noreturn]] void fail_ring(int error, const char* what) {
  throw system_error(error_code{error, system_category()}, what);
}

// Leaves the descriptor to the ring.
struct release_descriptor {
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>& from;
  ~release_descriptor() { from.release(); }
};

void prepare(const file_request& r, io_uring_sqe& entry) noexcept {
  const auto size = static_cast<unsigned>(r.size);
  switch (r.what) {
    case file_request::kind::read:
      io_uring_prep_read(&entry, r.fd, r.data, size, r.offset);
      break;
    case file_request::kind::write:
      io_uring_prep_write(&entry, r.fd, r.data, size, r.offset);
      break;
    case file_request::kind::sync_data:
      io_uring_prep_fsync(&entry, r.fd, IORING_FSYNC_DATASYNC);
      break;
    case file_request::kind::sync_all:
      io_uring_prep_fsync(&entry, r.fd, 0);
      break;
  }
}

}  // namespace

struct ring::kernel {
  kernel() {
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_CLAMP;
    if (const int r = io_uring_queue_init_params(entries, &uring, &parameters); r < 0)
      fail_ring(-r, "io_uring_setup");
    io_uring_ring_dontfork(&uring);
  }
  kernel(const kernel&) = delete;
  kernel& operator=(const kernel&) = delete;
  ~kernel() { io_uring_queue_exit(&uring); }

  void require_operations();
  void require_a_byte();
  /// Takes back what the kernel has not taken. Returns false if it has.
  bool withdraw(const ring_operation& op) noexcept;

  io_uring uring{};
};

bool ring::built_in() noexcept { return true; }

ring::ring(bight::detail::loop_core& loop) : loop_(&loop), kernel_(std::make_unique<kernel>()) {
  kernel_->require_operations();
  kernel_->require_a_byte();
  poll_ =
      std::make_unique<descriptor>(bight::detail::context_of(loop).get_executor(), kernel_->uring.ring_fd);
}

ring::~ring() {
  loop_->timers.remove(*this);
  const release_descriptor at_end{*poll_};
}

void ring::kernel::require_operations() {
  auto* const probe = io_uring_get_probe_ring(&uring);
  if (!probe) fail_ring(ENOSYS, "io_uring_register");
  const bool all = io_uring_opcode_supported(probe, IORING_OP_READ) != 0 &&
                   io_uring_opcode_supported(probe, IORING_OP_WRITE) != 0 &&
                   io_uring_opcode_supported(probe, IORING_OP_FSYNC) != 0 &&
                   io_uring_opcode_supported(probe, IORING_OP_ASYNC_CANCEL) != 0;
  io_uring_free_probe(probe);
  if (!all) fail_ring(EINVAL, "io_uring_register");
}

// Some systems let a ring be made and refuse every operation.
void ring::kernel::require_a_byte() {
  const bight::detail::unique_fd file{::memfd_create("bight-probe", MFD_CLOEXEC)};
  const char sent = 'b';
  if (!file || ::pwrite(file.get(), &sent, 1, 0) != 1) fail_ring(errno, "memfd_create");
  char got = 0;
  io_uring_prep_read(io_uring_get_sqe(&uring), file.get(), &got, 1, 0);
  // A signal must not leave the read in flight: its byte is here.
  int r = 0;
  do r = io_uring_submit(&uring);
  while (r == -EINTR);
  if (r < 0) fail_ring(-r, "io_uring_enter");
  io_uring_cqe* done = nullptr;
  do r = io_uring_wait_cqe(&uring, &done);
  while (r == -EINTR);
  if (r < 0) fail_ring(-r, "io_uring_enter");
  r = done->res;
  io_uring_cqe_seen(&uring, done);
  if (r != 1 || got != sent) fail_ring(r < 0 ? -r : EINVAL, "a read through io_uring");
}

// Its entry stays in the queue, and does nothing. Without a polling thread the kernel looks at the queue only
// when it is asked to.
bool ring::kernel::withdraw(const ring_operation& op) noexcept {
  auto& queue = uring.sq;
  const auto ready = io_uring_sq_ready(&uring);
  for (unsigned i = 0; i != ready; ++i) {
    auto& entry = queue.sqes[(queue.sqe_tail - ready + i) & queue.ring_mask];
    if (entry.user_data != reinterpret_cast<std::uintptr_t>(&op)) continue;
    io_uring_prep_nop(&entry);
    io_uring_sqe_set_data(&entry, nullptr);
    return true;
  }
  return false;
}

void ring::start(ring_operation& op) noexcept {
  op.stage_ = ring_operation::stage::in_line;
  op.next_ = nullptr;
  (last_ ? last_->next_ : first_) = &op;
  last_ = &op;
  flush_soon();
}

void ring::flush_soon() noexcept {
  if (!std::exchange(flush_due_, true)) loop_->push(*this);
}

void ring::run() noexcept {
  flush_due_ = false;
  pump();
}

void ring::expired() noexcept { pump(); }

bool ring::take_out(ring_operation& op) noexcept {
  if (op.stage_ == ring_operation::stage::in_flight) {
    if (!kernel_->withdraw(op)) return false;
    --in_flight_;
    flush_soon();
  } else {
    ring_operation* before = nullptr;
    auto* o = first_;
    while (o != &op) before = std::exchange(o, o->next_);
    (before ? before->next_ : first_) = op.next_;
    if (last_ == &op) last_ = before;
  }
  op.stage_ = ring_operation::stage::none;
  bight::detail::end_external(*loop_);
  return true;
}

bool ring::cancel(ring_operation& op) noexcept {
  if (take_out(op)) return true;
  if (refusal_ != 0) return false;
  auto* entry = io_uring_get_sqe(&kernel_->uring);
  if (!entry) {
    submit();
    entry = io_uring_get_sqe(&kernel_->uring);
  }
  // Without an entry for the request the operation ends by itself.
  if (entry) {
    io_uring_prep_cancel(entry, &op, 0);
    io_uring_sqe_set_data(entry, nullptr);
    flush_soon();
  }
  return false;
}

void ring::abandon(ring_operation& op) noexcept {
  if (cancel(op)) return;
  while (op.stage_ == ring_operation::stage::in_flight) {
    const int r = refusal_ == 0 ? enter(1) : 0;
    if (reap() || op.stage_ != ring_operation::stage::in_flight) continue;
    pollfd ended{kernel_->uring.ring_fd, POLLIN, 0};
    if (refusal_ != 0)
      ::poll(&ended, 1, -1);
    else if (r < 0 && r != -EINTR)
      std::this_thread::sleep_for(milliseconds{1});
  }
}

// True if the kernel has taken everything. It may take a part, and say no to the rest the next time.
bool ring::submit() noexcept {
  while (refusal_ == 0 && io_uring_sq_ready(&kernel_->uring) != 0) {
    int r = submit_fault ? submit_fault() : 0;
    if (r == 0) r = enter(0);
    if (r <= 0 && r != -EINTR) return false;
  }
  return refusal_ == 0;
}

// A write beyond RLIMIT_FSIZE comes with a signal, whose default is the end of the process: for this thread
// on file systems that write in place if they need not wait, as XFS does; for one of the kernel's on others.
int ring::enter(unsigned wait_for) noexcept {
  rlimit largest_file{RLIM_INFINITY, RLIM_INFINITY};
  if (writes_) ::getrlimit(RLIMIT_FSIZE, &largest_file);
  std::optional<bight::detail::held_signal> no_signal;
  if (largest_file.rlim_cur != RLIM_INFINITY) no_signal.emplace(SIGXFSZ);
  const int r = io_uring_submit_and_wait(&kernel_->uring, wait_for);
  if (no_signal) no_signal->swallow();
  writes_ = io_uring_sq_ready(&kernel_->uring) != 0;
  if (r < 0 && r != -EINTR && r != -EAGAIN && r != -EBUSY) {  // as after a seccomp filter that came later
    refusal_ = -r;
    give_back();
  }
  return r;
}

// What the kernel has not taken is for others. It never will be taken, nothing is submitted any more.
void ring::give_back() noexcept {
  const auto& queue = kernel_->uring.sq;
  for (auto i = *queue.khead; i != queue.sqe_tail; ++i) {
    auto* const op = reinterpret_cast<ring_operation*>(queue.sqes[i & queue.ring_mask].user_data);
    if (!op) continue;  // a request to cancel, or what was withdrawn
    --in_flight_;
    op->completed(-EAGAIN);
  }
}

// Everything that goes in, until nothing comes out at once.
void ring::pump() noexcept {
  bool sent = true;
  bool more = true;
  while (more) {
    while (first_ && (in_flight_ < entries || refusal_ != 0)) {
      auto* const entry = refusal_ == 0 ? io_uring_get_sqe(&kernel_->uring) : nullptr;
      if (!entry && refusal_ == 0) break;
      auto& op = *std::exchange(first_, first_->next_);
      if (!first_) last_ = nullptr;
      if (!entry) {
        op.completed(-EAGAIN);
        continue;
      }
      prepare(op.what_, *entry);
      io_uring_sqe_set_data(entry, &op);
      op.stage_ = ring_operation::stage::in_flight;
      ++in_flight_;
      writes_ = writes_ || op.what_.what == file_request::kind::write;
    }
    sent = submit();
    const bool room = (sent || refusal_ != 0) && first_ && (in_flight_ < entries || refusal_ != 0);
    more = (reap() && (first_ || !sent)) || room;
  }
  if (sent || refusal_ != 0) {
    loop_->timers.remove(*this);
    pause_ = {};
  } else {
    try_later();
  }
  watch();
}

// The kernel is short of something, and nothing tells when it is not any more.
void ring::try_later() noexcept {
  constexpr clock::duration shortest = milliseconds{1};
  constexpr clock::duration longest = milliseconds{50};
  if (armed()) return;
  pause_ = std::clamp(2 * pause_, shortest, longest);
  try {
    loop_->timers.add(*this, clock::now() + pause_);
  } catch (...) { flush_soon(); }
}

// True if an operation has ended.
bool ring::reap() noexcept {
  bool any = false;
  io_uring_cqe* done = nullptr;
  while (io_uring_peek_cqe(&kernel_->uring, &done) == 0) {
    auto* const op = static_cast<ring_operation*>(io_uring_cqe_get_data(done));
    const int result = done->res;
    io_uring_cqe_seen(&kernel_->uring, done);
    if (!op) continue;  // a request to cancel
    --in_flight_;
    any = true;
    op->completed(result);
  }
  return any;
}

// What Asio waits for is work that keeps the loop from ending: so only while something is in flight.
void ring::watch() {
  if (watching_ && in_flight_ == 0) {
    error_code ignored;
    poll_->cancel(ignored);
  }
  if (watching_ || in_flight_ == 0) return;
  watching_ = true;
  poll_->async_wait(descriptor::wait_read, [weak = weak_from_this()](const error_code&) {
    if (const auto self = weak.lock()) self->readable();
  });
}

void ring::readable() noexcept {
  const bight::detail::bridge_entry entry{*loop_};
  watching_ = false;
  reap();
  pump();
}

}  // namespace bight::fs::detail
