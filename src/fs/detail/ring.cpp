#include "fs/detail/ring.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <bight/asio.hpp>
#include <bight/core/detail/bridge_entry.hpp>
#include <bight/core/detail/held_signal.hpp>
#include <bight/core/detail/mailbox.hpp>
#include <bight/core/detail/unique_fd.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <optional>
#include <utility>

namespace bight::fs::detail {

using boost::system::error_code;
using boost::system::system_category;
using boost::system::system_error;

namespace {

[[noreturn]] void fail(int error, const char* what) {
  throw system_error(error_code{error, system_category()}, what);
}

// Leaves the descriptor to the ring.
struct release_descriptor {
  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>& from;
  ~release_descriptor() { from.release(); }
};

}  // namespace

ring_operation::~ring_operation() {
  if (parked()) ring_->abandon(*this);
}

void ring_operation::park() {
  stopping_ = false;
  bight::detail::begin_external(loop());
  ring_->start(*this);
}

bool ring_operation::unpark() noexcept {
  stopping_ = true;
  return ring_->cancel(*this);
}

void ring_operation::completed(int result) noexcept {
  result_ = result;
  stage_ = stage::none;
  bight::detail::end_external(loop());
  wake();
}

int ring_operation::result() {
  if (stopping_ && (result_ == -ECANCELED || result_ == -EINTR)) throw_if_cancelled();
  return result_;
}

ring::ring(bight::detail::loop_core& loop) : loop_(&loop) {
  io_uring_params parameters{};
  parameters.flags = IORING_SETUP_CLAMP;
  if (const int r = io_uring_queue_init_params(entries, &ring_, &parameters); r < 0)
    fail(-r, "io_uring_setup");
  try {
    io_uring_ring_dontfork(&ring_);
    require_operations();
    require_a_byte();
    poll_ = std::make_unique<descriptor>(bight::detail::context_of(loop).get_executor(), ring_.ring_fd);
  } catch (...) {
    io_uring_queue_exit(&ring_);
    throw;
  }
}

ring::~ring() {
  { const release_descriptor at_end{*poll_}; }
  io_uring_queue_exit(&ring_);
}

void ring::require_operations() {
  auto* const probe = io_uring_get_probe_ring(&ring_);
  if (!probe) fail(ENOSYS, "io_uring_register");
  const bool all = io_uring_opcode_supported(probe, IORING_OP_READ) != 0 &&
                   io_uring_opcode_supported(probe, IORING_OP_WRITE) != 0 &&
                   io_uring_opcode_supported(probe, IORING_OP_FSYNC) != 0 &&
                   io_uring_opcode_supported(probe, IORING_OP_ASYNC_CANCEL) != 0;
  io_uring_free_probe(probe);
  if (!all) fail(EINVAL, "io_uring_register");
}

// Some systems let a ring be made and refuse every operation.
void ring::require_a_byte() {
  const bight::detail::unique_fd file{::memfd_create("bight-probe", MFD_CLOEXEC)};
  const char sent = 'b';
  if (!file || ::pwrite(file.get(), &sent, 1, 0) != 1) fail(errno, "memfd_create");
  char got = 0;
  io_uring_prep_read(io_uring_get_sqe(&ring_), file.get(), &got, 1, 0);
  int r = io_uring_submit_and_wait(&ring_, 1);
  io_uring_cqe* done = nullptr;
  if (r >= 0) r = io_uring_wait_cqe(&ring_, &done);
  if (r < 0) fail(-r, "io_uring_enter");
  r = done->res;
  io_uring_cqe_seen(&ring_, done);
  if (r != 1 || got != sent) fail(r < 0 ? -r : EINVAL, "a read through io_uring");
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

bool ring::take_out(ring_operation& op) noexcept {
  ring_operation* before = nullptr;
  for (auto* o = first_; o; before = std::exchange(o, o->next_)) {
    if (o != &op) continue;
    (before ? before->next_ : first_) = op.next_;
    if (last_ == &op) last_ = before;
    op.stage_ = ring_operation::stage::none;
    bight::detail::end_external(*loop_);
    return true;
  }
  return false;
}

io_uring_sqe* ring::free_entry() noexcept {
  auto* const entry = io_uring_get_sqe(&ring_);
  if (entry || !submit()) return entry;
  return io_uring_get_sqe(&ring_);
}

bool ring::cancel(ring_operation& op) noexcept {
  if (op.stage_ == ring_operation::stage::in_line) return take_out(op);
  if (refusal_ != 0) return false;
  // Without an entry for the request the operation ends by itself.
  if (auto* const entry = free_entry()) {
    io_uring_prep_cancel(entry, &op, 0);
    io_uring_sqe_set_data(entry, nullptr);
    flush_soon();
  }
  return false;
}

void ring::abandon(ring_operation& op) noexcept {
  if (cancel(op)) return;
  while (op.stage_ == ring_operation::stage::in_flight) {
    if (refusal_ == 0) enter(1);
    pollfd ended{ring_.ring_fd, POLLIN, 0};
    if (refusal_ != 0 && op.stage_ == ring_operation::stage::in_flight) ::poll(&ended, 1, -1);
    reap();
  }
}

void ring::prepare(ring_operation& op, io_uring_sqe& entry) noexcept {
  const auto& r = op.what_;
  const auto size = static_cast<unsigned>(r.size);
  switch (r.what) {
    case file_request::kind::read:
      io_uring_prep_read(&entry, r.fd, r.data, size, r.offset);
      break;
    case file_request::kind::write:
      io_uring_prep_write(&entry, r.fd, r.data, size, r.offset);
      writes_ = true;
      break;
    case file_request::kind::sync_data:
      io_uring_prep_fsync(&entry, r.fd, IORING_FSYNC_DATASYNC);
      break;
    case file_request::kind::sync_all:
      io_uring_prep_fsync(&entry, r.fd, 0);
      break;
  }
  io_uring_sqe_set_data(&entry, &op);
  op.stage_ = ring_operation::stage::in_flight;
  ++in_flight_;
}

bool ring::submit() noexcept { return refusal_ == 0 && (io_uring_sq_ready(&ring_) == 0 || enter(0) > 0); }

// A write beyond RLIMIT_FSIZE comes with a signal, whose default is the end of the process: for this thread
// on file systems that write in place if they need not wait, as XFS does; for one of the kernel's on others.
int ring::enter(unsigned wait_for) noexcept {
  rlimit largest_file{RLIM_INFINITY, RLIM_INFINITY};
  if (writes_) ::getrlimit(RLIMIT_FSIZE, &largest_file);
  std::optional<bight::detail::held_signal> no_signal;
  if (largest_file.rlim_cur != RLIM_INFINITY) no_signal.emplace(SIGXFSZ);
  const int r = io_uring_submit_and_wait(&ring_, wait_for);
  if (no_signal) no_signal->swallow();
  writes_ = io_uring_sq_ready(&ring_) != 0;
  if (r < 0 && r != -EINTR && r != -EAGAIN && r != -EBUSY) {  // as after a seccomp filter that came later
    refusal_ = -r;
    give_back();
  }
  return r;
}

// What the kernel has not taken is for others. It never will be taken, nothing is submitted any more.
void ring::give_back() noexcept {
  const auto& queue = ring_.sq;
  for (auto i = *queue.khead; i != queue.sqe_tail; ++i) {
    auto* const op = reinterpret_cast<ring_operation*>(queue.sqes[i & queue.ring_mask].user_data);
    if (!op) continue;  // a request to cancel
    --in_flight_;
    op->completed(-EAGAIN);
  }
}

// Everything that goes in, until nothing comes out at once.
void ring::pump() noexcept {
  bool more = true;
  while (more) {
    while (first_ && in_flight_ < entries) {
      auto* const entry = refusal_ == 0 ? free_entry() : nullptr;
      if (!entry && refusal_ == 0) break;
      auto& op = *std::exchange(first_, first_->next_);
      if (!first_) last_ = nullptr;
      if (entry)
        prepare(op, *entry);
      else
        op.completed(-EAGAIN);
    }
    const bool sent = submit();
    more = reap() && first_;
    // The kernel is short of something, or takes nothing at all: again in the next turn.
    if (!more && (refusal_ == 0 ? !sent : first_ != nullptr)) flush_soon();
  }
  watch();
}

// True if an operation has ended.
bool ring::reap() noexcept {
  bool any = false;
  io_uring_cqe* done = nullptr;
  while (io_uring_peek_cqe(&ring_, &done) == 0) {
    auto* const op = static_cast<ring_operation*>(io_uring_cqe_get_data(done));
    const int result = done->res;
    io_uring_cqe_seen(&ring_, done);
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
